package bare
func NoNewline() {} // the file ends here, without a newline