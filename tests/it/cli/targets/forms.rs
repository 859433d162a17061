//! The forms of `--targets` and `--target-maps`.

use super::{called, situation};
use crate::crash::server::Server;
use crate::harness::Situation;
use crate::support::cases;

#[test]
fn targets_in_aws_cli_forms() {
    let server = Server::start();
    let situation = situation()
        .file("hosts.txt", "h1\r\n\n  h2  \n")
        .file("targets.json", "[{\"Key\": \"ParameterValues\", \"Values\": [\"h1\", \"h2\"]}]\n")
        .file("targets.txt", "Key=ParameterValues,Values=h1,h2\n")
        .file("values.txt", "h1");
    let run = |words: &[&str]| {
        let base = ["run", "restart.yaml", "--endpoint-url", &server.url, "--idempotency-token", "--quiet"];
        let base = [&base[..], &["--max-concurrency", "1", "--target-parameter", "Host", "--targets"]].concat();
        let outcome = situation.run(&[&base[..], words].concat());
        assert_eq!(outcome.status, Some(0), "{words:?}: {}", outcome.stderr);
        called(&server)
    };
    let both: [&[&str]; 12] = [
        &["h1,h2"],
        &[" h1 , h2 "],
        &["@hosts.txt"],
        &["Key=ParameterValues,Values=h1,h2"],
        &["Key = ParameterValues, Values = h1, h2"],
        &["Values=h1,h2,Key=ParameterValues"],
        &["Key=ParameterValues,Values=[h1,h2]"],
        &["Key=ParameterValues,Values=\"h1\",'h2'"],
        &["[{\"Key\": \"ParameterValues\", \"Values\": [\"h1\", \"h2\"]}]"],
        &["{\"Key\": \"ParameterValues\", \"Values\": [\"h1\", \"h2\"]}"],
        &["file://targets.json"],
        &["file://targets.txt"],
    ];
    for words in both {
        assert_eq!(run(words), ["h1", "h2"], "{words:?}");
    }
    assert_eq!(run(&["Key=ParameterValues,Values@=file://values.txt"]), ["h1"]);
    // The name of a runbook after them is not a target.
    let behind = ["run", "--targets", "Key=ParameterValues,Values=h1", "restart.yaml", "--target-parameter", "Host"];
    let behind = [&behind[..], &["--endpoint-url", &server.url, "--idempotency-token", "--quiet"]].concat();
    assert_eq!(situation.run(&behind).status, Some(0));
    assert_eq!(called(&server), ["h1"]);
}

#[test]
fn target_maps_in_aws_cli_forms() {
    let server = Server::start();
    let situation = situation().file("maps.json", "[{\"Host\": [\"h1\"], \"Grace\": [\"2\"]}, {\"Host\": [\"h2\"]}]");
    let run = |words: &[&str]| {
        let base = ["run", "restart.yaml", "--endpoint-url", &server.url, "--idempotency-token", "--quiet"];
        situation.run(&[&base[..], &["--max-concurrency", "1", "--target-maps"], words].concat())
    };
    let both: [&[&str]; 6] = [
        &["Host=h1,Grace=2", "Host=h2"],
        &["Host=[h1],Grace=\"2\"", "{\"Host\": [\"h2\"]}"],
        &["[{\"Host\": [\"h1\"], \"Grace\": [\"2\"]}, {\"Host\": [\"h2\"]}]"],
        &["[{\"Host\": \"h1\", \"Grace\": 2}, {\"Host\": \"h2\"}]"],
        &["maps.json"],
        &["file://maps.json"],
    ];
    for words in both {
        let outcome = run(words);
        assert_eq!((outcome.status, called(&server)), (Some(0), vec!["h1".into(), "h2".into()]), "{}", outcome.stderr);
    }
    // One map has both values, but the parameter accepts one.
    let outcome = run(&["Host=h1,h2"]);
    assert_eq!((outcome.status, called(&server)), (Some(3), vec![]));
    assert!(outcome.stderr.contains("String takes one value; found a list of 2"), "{}", outcome.stderr);
}

#[test]
fn invalid_target_forms_are_rejected_with_help() {
    let server = Server::start();
    let situation = situation()
        .file("hosts.txt", "h1\nh2\n")
        .file("twice.txt", "h1\nh2\nh1\n")
        .file("tags.json", "[{\"Key\": \"tags:Name\", \"Values\": [\"web\"]}]");
    let rejected = |option: &str, words: &[&str], texts: &[&str]| {
        let base = ["run", "restart.yaml", "--endpoint-url", &server.url, "--target-parameter", "Host", option];
        situation.run(&[&base[..], words].concat()).assert(2, "", &[&["error: "], texts].concat());
    };
    let one = ["--targets has 2 entries, and takes one", "put all values in one entry"];
    let forms = "i-1,i-2, or @FILE";
    let targets: [(&[&str], &[&str]); 32] = [
        (&["Key=Tag:Name,Values=web"], &["`Tag:Name` is not a key of targets", "did you mean `tag:Name`?"]),
        (&["Key=tag:Name,Values=web", "Key=tag:Zone,Values=a"], &one),
        (&["Key=ParameterValues,Values=h1", "--targets", "Key=ParameterValues,Values=h2"], &one),
        (&["file://tags.json"], &["`tags:Name` is not a key of targets", "did you mean `tag:Name`?"]),
        (&["Key=Hosts,Values=a"], &["`Hosts` is not a key of targets", "use `ParameterValues`, `tag:NAME`"]),
        (&["Key=AWS::EC2::Instance,Values=i-1"], &["takes the value `*`", "`ParameterValues`"]),
        (&["Key=ResourceGroup,Values=a,b"], &["takes the name of one resource group, and has 2 values"]),
        (&["tag:Name=web"], &["tag:Name is a key by which targets are looked up", "--targets Key=tag:Name,Values=web"]),
        (&["Values=web"], &["`Key` is missing", forms]),
        (&["web,Values=db"], &["target 2 ", forms]),
        (&["Key=ParameterValues"], &["`Values` is missing", forms]),
        (&["Key=ParameterValues,Values="], &["one of `Values` is empty", "leave it out"]),
        (&["Key=ParameterValues,Values=[]"], &["`Values` is empty", forms]),
        (&["Key=ParameterValues,Values=a,,b"], &["character 32", "`=` after `b`", "`\\,`"]),
        (&["Key=ParameterValues,Values=\"a"], &["character 28", "never closed", "close it"]),
        (&["Key=ParameterValues,Values=a;b=c d\"e"], &["character 35", "expected `,`, found `\"`"]),
        (&["Key=,Values=a"], &["`Key` is empty", forms]),
        (&["Key=a,b,Values=c"], &["`Key` must be a string", forms]),
        (&["key=ParameterValues,values=a"], &["no `key`", "`Key`"]),
        (&["Key=ParameterValues,Value=a"], &["no `Value`", "`Values`"]),
        (&["[h1,h2]"], &["not valid JSON", "line 1 column 2", forms]),
        (&["{\"Key\": \"ParameterValues\"}"], &["`Values` is missing", forms]),
        (&["[\"h1\", \"h2\"]"], &["must be a map of `Key` and `Values`", forms]),
        (&["[{\"Key\": \"ParameterValues\", \"Values\": \"h1\"}]"], &["`Values` must be a list of strings", forms]),
        (&["[{\"Key\": \"ParameterValues\", \"Values\": [1]}]"], &["each of `Values` must be a string", forms]),
        (&["[]"], &["--targets names no target"]),
        (&["h1,,h2"], &["target 2 is empty", "leave it out"]),
        (&["h1,h2,h1"], &["target 3 is the same as target 1"]),
        (&["@twice.txt"], &["target 3 is the same as target 1"]),
        (&["\"h1\",\"h2\""], &["target 1 begins with a quote", forms]),
        (&["file://hosts.txt"], &["hosts.txt: ", "neither a JSON list", "`@FILE`"]),
        (&["h1", "--targets", "h2"], &["given several times", "number 1 must be Key=", "--targets i-1,i-2"]),
    ];
    let maps: [(&[&str], &[&str]); 6] = [
        (&["Host=\"h1"], &["character 6", "never closed", "close it"]),
        (&["Host=h1,Host=h2"], &["character 9", "`Host` is given twice", "NAME=a,b"]),
        (&["Hots=h1"], &["no parameter Hots", "`Host`"]),
        (&["[{}]"], &["a map is empty", "[{"]),
        (&["{\"Host\": "], &["neither YAML nor JSON", "line 1 column 9", "[{"]),
        (&["Host=h1", "--target-maps", "maps.json"], &["given several times", "number 2 must be a map", "[{"]),
    ];
    for (words, texts) in targets {
        rejected("--targets", words, texts);
    }
    for (words, texts) in maps {
        rejected("--target-maps", words, texts);
    }
    assert_eq!(called(&server), Vec::<String>::new());
    assert_eq!(situation.run(&["executions", "list", "--output", "json"]).stdout, "[]\n");
}

/// The targets of the shared cases, each with whether it runs.
#[test]
fn shared_cases_of_targets() {
    let Some(folder) = cases("functions-and-targets/k8-targets") else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let mut situation =
        Situation::new().file("runbook.yaml", read("runbook.yaml")).file("template.yaml", read("template.yaml"));
    for entry in std::fs::read_dir(folder.join("fn")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("fn/{}", path.file_name().unwrap().to_str().unwrap());
        situation = situation.file(&name, std::fs::read(&path).unwrap());
    }
    let expected = read("expected.txt");
    let lines: Vec<&str> = expected.lines().collect();
    let mut checked = 0;
    for pair in lines.windows(2) {
        let (Some((_, targets)), Some(right)) =
            (pair[0].split_once("--targets "), pair[1].trim().strip_prefix("right:"))
        else {
            continue;
        };
        let targets = targets.trim().trim_matches('\'');
        let base = ["run", "runbook.yaml", "--functions", "template.yaml", "--target-parameter", "InstanceId"];
        let outcome = situation.run(&[&base[..], &["--max-concurrency", "1", "--targets", targets]].concat());
        if right.contains("the targets i-1 and i-2") {
            assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
            assert!(outcome.stderr.contains("2 targets: 2 succeeded"), "{}", outcome.stderr);
            let shown = situation.run(&["executions", "show", "last", "--output", "json"]).stdout;
            let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
            assert_eq!(
                (&shown["StepExecutions"][0]["StepName"], &shown["StepExecutions"][1]["StepName"]),
                (&"i-1".into(), &"i-2".into())
            );
        } else {
            assert!(right.contains("refused"), "{right}");
            assert_eq!(outcome.status, Some(2), "{}", outcome.stderr);
            // It is looked up, for which there are neither a region nor credentials.
            assert!(outcome.stderr.contains("region"), "{}", outcome.stderr);
        }
        checked += 1;
    }
    assert_eq!(checked, 3, "the cases are written as they were: {expected}");
    let all = situation.run(&["executions", "list", "--all", "--output", "csv"]).stdout;
    assert_eq!(all.lines().count(), 4, "the head, one run and its two targets: {all}");
}
