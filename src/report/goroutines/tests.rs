use super::shape::Shapes;
use super::summary::listed;
use super::*;
use crate::model::fixture::typed;
use crate::model::{FunctionId, Mapping, MappingId, Profile};
use crate::report::{Report as Kind, test};
use crate::view::Base;

const COUNT: &[(&str, &str)] = &[("goroutine", "count")];
const DUMP: &[(&str, &str)] = &[("goroutine", "count"), ("wait", "nanoseconds")];

/// The frames of these functions are those of creators.
fn created(mut profile: Profile, names: &[&str]) -> Profile {
    let file = profile.strings.push(CREATED_BY).unwrap();
    profile.mappings.push(Mapping {
        id: 2,
        file,
        ..Mapping::default()
    });
    for row in 0..profile.locations.len() {
        let function = profile.locations.lines.row(row)[0].function;
        let name = profile.text(profile.functions.name[function.at()]);
        if names.iter().any(|created| created.as_bytes() == name) {
            profile.locations.mapping[row] = Some(MappingId::new(1));
        }
    }
    profile
}

fn report(profile: Profile, asked: Asked) -> String {
    let base = Base::plain(profile);
    let mut options = test::options(&base);
    options.goroutines = asked;
    test::printed_with(&base, Kind::Goroutines, &options)
}

fn error(profile: Profile, asked: Asked) -> String {
    let base = Base::plain(profile);
    let mut options = test::options(&base);
    options.goroutines = asked;
    let view = crate::view::View::new(&base);
    let mut out = crate::report::sink::Plain(Vec::new());
    let error = write(&Input::new(&view, &options), &mut out).unwrap_err();
    assert!(out.0.is_empty());
    error.to_string()
}

fn pattern(text: &str) -> Option<Regexp> {
    Some(Regexp::new(text.as_bytes()).unwrap())
}

/// The state and the kind of idleness of a stack, leaf first.
fn shape(stack: &str) -> (&'static str, Option<&'static str>) {
    let profile = typed(COUNT, &format!("{stack} 1"));
    let shapes = Shapes::of(&profile);
    let functions: Vec<FunctionId> = (0..profile.functions.len() as u32)
        .map(FunctionId::new)
        .collect();
    (shapes.state(&functions), shapes.idle(&functions))
}

#[test]
fn frames_of_the_runtime_tell_the_state() {
    for (stack, state) in [
        (
            "runtime.gopark;runtime.chansend;runtime.chansend1;main.f",
            "chan send",
        ),
        (
            "runtime.gopark;runtime.chanrecv;runtime.chanrecv2;main.f",
            "chan receive",
        ),
        ("runtime.gopark;runtime.selectgo;main.f", "select"),
        ("runtime.gopark;runtime.block;main.f", "select (no cases)"),
        ("runtime.gopark;time.Sleep;main.f", "sleep"),
        (
            "runtime.gopark;runtime.netpollblock;internal/poll.runtime_pollWait",
            "IO wait",
        ),
        (
            "runtime.gopark;runtime.semacquire1;sync.runtime_SemacquireMutex;sync.(*Mutex).lockSlow",
            "sync.Mutex.Lock",
        ),
        (
            "runtime.gopark;runtime.semacquire1;sync.runtime_SemacquireMutex;sync.(*RWMutex).RLock",
            "sync.RWMutex.RLock",
        ),
        (
            "runtime.gopark;runtime.semacquire1;sync.runtime_Semacquire;sync.(*WaitGroup).Wait;main.f",
            "sync.WaitGroup.Wait",
        ),
        (
            "runtime.gopark;runtime.semacquire1;sync.runtime_Semacquire;other/sync.f;time.Sleep",
            "semacquire",
        ),
        (
            "runtime.gopark;sync.runtime_notifyListWait;sync.(*Cond).Wait",
            "sync.Cond.Wait",
        ),
        (
            "runtime.notetsleepg;os/signal.signal_recv;os/signal.loop",
            "syscall",
        ),
        ("runtime.gopark;runtime.new;main.f", "waiting"),
        ("main.f;runtime.gopark", "runnable"),
        ("main.f;main.g", "-"),
        (
            "internal/poll.runtime_pollWait;internal/poll.(*pollDesc).wait",
            "IO wait",
        ),
    ] {
        assert_eq!(shape(stack).0, state, "{stack}");
    }
}

#[test]
fn who_waits_for_work_is_idle_and_who_works_is_not() {
    for (stack, idle) in [
        (
            "internal/poll.runtime_pollWait;internal/poll.(*FD).Accept;net.(*netFD).accept;main.f",
            Some("listeners"),
        ),
        (
            "runtime.gopark;internal/poll.runtime_pollWait;bufio.(*Reader).Peek;net/http.(*conn).serve",
            Some("idle server connections"),
        ),
        (
            "internal/poll.runtime_pollWait;main.handle;net/http.(*conn).serve",
            None,
        ),
        (
            "runtime.gopark;runtime.selectgo;database/sql.(*DB).connectionOpener",
            Some("database/sql pools"),
        ),
        (
            "runtime.gopark;runtime.selectgo;main.dial;database/sql.(*DB).connectionOpener",
            None,
        ),
        (
            "runtime.gopark;runtime.gcBgMarkWorker",
            Some("the runtime's own"),
        ),
        ("runtime.gopark;runtime.chanrecv;main.f", None),
        (
            "main.g;runtime/pprof.(*Profile).WriteTo;main.f",
            Some("taking this profile"),
        ),
    ] {
        assert_eq!(shape(stack).1, idle, "{stack}");
    }
}

#[test]
fn who_has_not_run_yet_is_idle() {
    let profile = typed(COUNT, "main.f 1");
    assert_eq!(Shapes::of(&profile).idle(&[]), Some("just started"));
}

/// A dump in which six goroutines of two kinds wait, one does not, and one accepts connections.
fn dump() -> Profile {
    let text = "\
        my-go/api.Serve /app/api/api.go:7;my-go/kafka.send /app/kafka/send.go:24;\
          runtime.send /usr/local/go/src/runtime/chan.go:1\
          {state=chan send,goroutine=21,wait=180seconds,flag=leaked,topic=orders} 1 180
        my-go/api.Serve /app/api/api.go:7;my-go/kafka.send /app/kafka/send.go:24;\
          runtime.send /usr/local/go/src/runtime/chan.go:1\
          {state=chan send,goroutine=22,wait=5820seconds,topic=orders} 1 5820
        my-go/api.Serve /app/api/api.go:7;my-go/kafka.send /app/kafka/send.go:24;\
          runtime.send /usr/local/go/src/runtime/chan.go:1\
          {state=chan send,goroutine=23,wait=720seconds,topic=clicks} 1 720
        my-go/api.Serve /app/api/api.go:7;my-go/kafka.send /app/kafka/send.go:24;\
          runtime.send /usr/local/go/src/runtime/chan.go:1\
          {state=select,goroutine=24} 1 0
        main.main /app/main.go:9;github.com/x/y.Wait /go/pkg/mod/github.com/x/y@v1.2.0/y.go:3\
          {state=sync.Mutex.Lock,goroutine=30,wait=60seconds} 1 60
        main.main /app/main.go:9;github.com/x/y.Wait /go/pkg/mod/github.com/x/y@v1.2.0/y.go:3\
          {state=sync.Mutex.Lock,goroutine=31,wait=60seconds} 1 60
        main.main /app/main.go:1{state=running,goroutine=1} 1 0
        net.(*TCPListener).Accept /usr/local/go/src/net/net.go:1;\
          internal/poll.(*FD).Accept /usr/local/go/src/internal/poll/fd.go:1;\
          internal/poll.runtime_pollWait /usr/local/go/src/runtime/netpoll.go:1\
          {state=IO wait,goroutine=40,wait=200000seconds} 1 0";
    let text = text.replace(";          ", ";").replace("          {", "{");
    created(typed(DUMP, &text), &["my-go/api.Serve"])
}

#[test]
fn a_dump_shows_waits_creators_and_flags() {
    assert_eq!(
        report(dump(), Asked::default()),
        "\
8 goroutines in 5 groups of equal stacks
   #   count       %  state                   wait min/median/max
   1       3  37.50%  chan send               3m / 12m / 1h37m
      at kafka.send send.go:24
      created by api.Serve api.go:7
      1 of 3 leaked
   2       2  25.00%  sync.Mutex.Lock         1m
      at main.main main.go:9
   3       1  12.50%  running                 <1m
      at main.main main.go:1
   4       1  12.50%  select                  <1m
      at kafka.send send.go:24
      created by api.Serve api.go:7
Idle, not shown (-all), 1: listeners 1
"
    );
}

#[test]
fn words_choose_among_groups_that_keep_their_numbers() {
    let asked = Asked {
        keep: pattern("kafka|Lock"),
        drop: pattern("select"),
        by_wait: true,
        limit: Some(1),
        ..Asked::default()
    };
    let text = report(dump(), asked);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[1], "Showing 1 of 2 groups");
    assert!(
        lines[3].starts_with("   1       3  37.50%  chan send"),
        "{text}"
    );
    assert_eq!(lines.len(), 7);
    let idle = report(
        dump(),
        Asked {
            keep: pattern("Accept"),
            ..Asked::default()
        },
    );
    assert!(
        idle.contains("   5       1  12.50%  IO wait                 2d07h\n"),
        "{idle}"
    );
    assert!(
        idle.ends_with("      at net.(*TCPListener).Accept net.go:1  (no own code)\n"),
        "{idle}"
    );
}

#[test]
fn the_longest_wait_comes_first_when_asked() {
    let asked = Asked {
        by_wait: true,
        all: true,
        ..Asked::default()
    };
    let text = report(dump(), asked);
    let numbers = text
        .lines()
        .filter_map(|line| line.get(..4)?.trim().parse::<u32>().ok());
    assert_eq!(numbers.collect::<Vec<_>>(), [5, 1, 2, 3, 4]);
}

#[test]
fn one_group_is_shown_in_full() {
    let asked = |full| Asked {
        full: Some(full),
        ..Asked::default()
    };
    assert_eq!(
        report(dump(), asked(1)),
        "\
Group 1: 3 goroutines (37.50%), chan send, wait 3m / 12m / 1h37m
Goroutines: 21 22 23
Flags: 1 of 3 leaked
Labels: topic=orders (2)
        topic=clicks (1)
  runtime.send
        /usr/local/go/src/runtime/chan.go:1
> my-go/kafka.send
        /app/kafka/send.go:24
  created by my-go/api.Serve
        /app/api/api.go:7
"
    );
    let none = "goroutines: there is no group 6, only 1 to 5";
    assert_eq!(error(dump(), asked(6)), none);
    assert!(error(dump(), asked(0)).contains("no group 0"));
}

#[test]
fn rows_can_be_about_values() {
    let by = |by| {
        let asked = Asked {
            by: Some(by),
            limit: Some(2),
            ..Asked::default()
        };
        let text = report(dump(), asked);
        let rows: Vec<_> = text.lines().take(3).map(str::trim).collect();
        rows.join("\n")
    };
    assert_eq!(
        by(By::State),
        "count       %  state\n3  37.50%  chan send\n2  25.00%  sync.Mutex.Lock"
    );
    let own =
        "count       %  own code\n4  50.00%  kafka.send send.go:24\n2  25.00%  main.main main.go:9";
    assert_eq!(by(By::Own), own);
    let creator = "count       %  created by\n4  50.00%  api.Serve api.go:7\n3  37.50%  -";
    assert_eq!(by(By::Creator), creator);
    let topic = "count       %  topic\n4  50.00%  -\n2  25.00%  orders";
    assert_eq!(by(By::Label("topic".to_string())), topic);
}

#[test]
fn labels_of_the_program_are_no_states() {
    let text = "main.f{state=mine} 2\nmain.f{state=yours} 3";
    let text = report(typed(COUNT, text), Asked::default());
    assert!(
        text.contains("5 goroutines in 1 group of equal stacks"),
        "{text}"
    );
    assert!(text.contains("   1       5    100%  -\n"), "{text}");
    let ours = "main.f{state=mine,go.state=select,go.goroutine=7} 1 0";
    let text = report(typed(DUMP, ours), Asked::default());
    assert!(text.contains("    100%  select\n"), "{text}");
}

#[test]
fn the_same_line_at_two_addresses_is_one_place() {
    let mut profile = typed(COUNT, "main.f f.go:1 2\nmain.f f.go:2 3");
    let line = profile.locations.lines.row(0)[0];
    profile.locations.lines = Default::default();
    profile.locations.lines.push([line]).unwrap();
    profile.locations.lines.push([line]).unwrap();
    assert!(report(profile, Asked::default()).contains("   1       5    100%"));
}

const BEFORE_AND_NOW: &str = "\
    main.f f.go:1;runtime.gopark r.go:1 5
    main.g f.go:2;runtime.gopark r.go:1 1
    main.same f.go:4;runtime.gopark r.go:1 1
    main.f f.go:1;runtime.gopark r.go:1{pprof::base=true} -2
    main.h f.go:3;runtime.gopark r.go:1{pprof::base=true} -4
    main.same f.go:4;runtime.gopark r.go:1{pprof::base=true} -1";

#[test]
fn with_a_base_growth_comes_first_and_what_did_not_change_is_left_out() {
    assert_eq!(
        report(typed(COUNT, BEFORE_AND_NOW), Asked::default()),
        "\
7 goroutines now, 7 before; groups: 1 new, 1 grown, 1 shrunk
   #   count  change  state
   1       5      +3  waiting
      at main.f f.go:1
   2       1     new  waiting
      at main.g f.go:2
   3       0    gone  waiting
      at main.h f.go:3
"
    );
}

#[test]
fn without_the_mark_of_a_base_only_the_change_is_known() {
    let text = "main.f f.go:1;runtime.gopark r.go:1 3\nmain.h f.go:3;runtime.gopark r.go:1 -4";
    assert_eq!(
        report(typed(COUNT, text), Asked::default()),
        "\
-1 goroutines; groups: 1 grown, 1 shrunk
   #  change  state
   1      +3  waiting
      at main.f f.go:1
   2      -4  waiting
      at main.h f.go:3
"
    );
}

#[test]
fn two_forms_are_compared_by_what_both_have() {
    let text = "\
        main.start f.go:9;main.f f.go:1{state=chan send,goroutine=7} 1
        main.start f.go:9;main.f f.go:1{state=chan send,goroutine=8} 1
        runtime.main r.go:2;main.f f.go:1;runtime.chansend r.go:1;runtime.gopark r.go:3{pprof::base=true} -1";
    let text = report(
        created(typed(COUNT, text), &["main.start"]),
        Asked::default(),
    );
    assert!(text.contains("the forms differ\n"), "{text}");
    assert!(text.contains("   1       2      +1  chan send"), "{text}");
    assert!(text.contains("created by main.start f.go:9\n"), "{text}");
}

#[test]
fn a_text_form_hides_frames_that_the_binary_form_has() {
    let text = "\
        main.f f.go:1 3
        runtime.bg r.go:9;runtime.gopark r.go:3 1
        main.f f.go:1;runtime.chansend r.go:1;runtime.gopark r.go:3{pprof::base=true} -1
        runtime.bg r.go:9;runtime.gopark r.go:3{pprof::base=true} -1";
    let text = report(typed(COUNT, text), Asked::default());
    assert!(text.contains("the forms differ\n"), "{text}");
    assert!(text.contains("   1       3      +2  -\n"), "{text}");
    assert!(
        text.contains("4 goroutines now, 2 before; groups: 0 new, 1 grown, 0 shrunk"),
        "{text}"
    );
}

#[test]
fn the_order_of_the_samples_does_not_matter() {
    let rows = [
        "main.f f.go:1 1",
        "main.f f.go:2 1",
        "main.g f.go:1 1",
        "main.g;main.f f.go:1 1",
    ];
    let text = |rows: &[&str]| report(typed(COUNT, &rows.join("\n")), Asked::default());
    let mut turned = rows;
    turned.reverse();
    assert_eq!(text(&rows), text(&turned));
}

#[test]
fn a_profile_of_something_else_is_refused() {
    let cpu = typed(&[("samples", "count"), ("cpu", "nanoseconds")], "main 1 1");
    let text = "goroutines: this profile counts \"cpu\", not goroutines: get one from /debug/pprof/goroutine";
    assert_eq!(error(cpu, Asked::default()), text);
}

#[test]
fn spans_are_in_their_two_largest_units() {
    let texts = [0, 59, 60, 3599, 3600, 172_799, 172_800, i64::MAX].map(span);
    let want = [
        "<1m",
        "<1m",
        "1m",
        "59m",
        "1h00m",
        "47h59m",
        "2d00h",
        "106751991167300d15h",
    ];
    assert_eq!(texts, want);
}

#[test]
fn a_list_never_exceeds_the_screen() {
    let words: Vec<String> = (10..40).map(|n| format!("word{n}")).collect();
    let text = listed("Title: ", &words);
    assert!(text.lines().all(|line| line.len() <= 79), "{text}");
    assert_eq!(
        text.replace("\n   ", " "),
        format!("Title: {}\n", words.join(", "))
    );
}

#[test]
fn json_has_whole_stacks() {
    let base = Base::plain(dump());
    let mut options = test::options(&base);
    options.json = true;
    options.goroutines.full = Some(1);
    assert_eq!(
        test::printed_with(&base, Kind::Goroutines, &options),
        concat!(
            r#"{"report":"goroutines","type":"goroutine","unit":"count","total":8,"goroutines":8,"groups_in_all":5,"#,
            r#""compared":false,"groups":[{"number":1,"count":3,"state":"chan send","idle":"","wait_min_seconds":180,"#,
            r#""wait_median_seconds":720,"wait_max_seconds":5820,"flags":[{"flag":"leaked","count":1}],"#,
            r#""examples":[{"goroutine":21},{"goroutine":22},{"goroutine":23}],"#,
            r#""own":[{"name":"my-go/kafka.send","file":"/app/kafka/send.go","line":24}],"#,
            r#""creator":[{"name":"my-go/api.Serve","file":"/app/api/api.go","line":7}],"#,
            r#""stack":[{"name":"runtime.send","file":"/usr/local/go/src/runtime/chan.go","line":1,"own":false},"#,
            r#"{"name":"my-go/kafka.send","file":"/app/kafka/send.go","line":24,"own":true}]}]}"#,
            "\n"
        )
    );
}
