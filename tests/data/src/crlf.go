package crlf

func Work() int {
	return 4
} // 5
func Lone() {}still 6 after a lone CR

end // 8
