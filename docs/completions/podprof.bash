# bash completion for podprof
# Written by `make docs` from the tables under src/command: change those.
_podprof() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} flag='' words=''
  if [ "$word" = = ]; then flag=$before word=''
  elif [ "$before" = = ]; then flag=${COMP_WORDS[COMP_CWORD-2]}
  fi
  case ${flag/#--/-} in
    -color) words='auto always never' ;;
    -explain) words='flat flat% sum% cum cum% calls calls% context inline nodes File Type Doc Time Duration Total ROUTINE Locations Mappings PeriodType Period unknown cpu samples inuse_space space inuse_objects objects alloc_space alloc_objects goroutine goroutines goroutineleak leaked threadcreate contentions delay name source age mean count % state wait at own from parent idle change new gone now before flags durable labels select sleep sync.Mutex.Lock sync.RWMutex.RLock sync.RWMutex.Lock semacquire sync.WaitGroup.Wait sync.Cond.Wait syscall running runnable waiting coroutine stacks minutes' ;;
    -granularity) words='functions filefunctions files lines addresses' ;;
    -sort) words='cum flat' ;;
    -base | -collect | -diff_base | -keep_partial | -output | -proc | -source_path | -tls_ca | -tls_cert | -tls_key) ;;
    ?*) return ;;
    '') case $word in -*) words='-H= -add_comment= -addresses -all_frames -alloc_objects -alloc_space -base= -budget= -buildid= -c= -call_tree -callgrind -collect= -color= -comments -compact_labels -contentions -cum -diff_base= -disasm= -divide_by= -dot -drop_negative -edgefraction= -eog -evince -explain= -fail_empty -filefunctions -files -flat -focus= -force -functions -gif -goroutines -granularity= -gs -gv -hide= -hot -http= -ignore= -intel_syntax -inuse_objects -inuse_space -json -kcachegrind -keep_partial= -leaks -lines -list= -locks -low_mem -max_mem= -md -mean -mean_delay -mem= -memory -memstats -n= -nice= -no_browser -nodecount= -nodefraction= -noinlines -normalize -output= -own -own_code= -pager -path= -pdf -peek= -png -probe -proc= -proto -prune_from= -ps -raw -redact -relative_percentages -sample_index= -seconds= -show= -show_from= -showcolumns -sort= -source_path= -svg -symbolize= -tagfocus= -taghide= -tagignore= -tagleaf= -tagroot= -tags -tagshow= -text -threads= -thresholds= -timeout= -tls_ca= -tls_cert= -tls_key= -tools= -top -topproto -total_delay -traces -tree -triage -trim -trim_path= -unit= -v -version -watch= -web -weblist= -wide' word=${word/#--/-} ;; esac ;;
  esac
  if [ -n "$words" ]; then
    local IFS=$' \n'
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    case ${COMPREPLY[0]-} in *=) compopt -o nospace 2>/dev/null ;; esac
  else
    local IFS=$'\n'
    COMPREPLY=($(compgen -f -- "$word"))
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _podprof podprof
