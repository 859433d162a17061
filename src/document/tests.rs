#![expect(clippy::print_stderr, reason = "the corpus test prints what is refused")]
use super::*;

#[test]
fn corpus() {
    let dir = std::env::var_os("RUNWRIGHT_CORPUS")
        .map_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/runbooks"), Into::into);
    for e in std::fs::read_dir(dir).unwrap() {
        let p = e.unwrap().path();
        let bytes = std::fs::read(&p).unwrap();
        if let Err(u) = read(p.file_name().unwrap().to_str().unwrap(), &bytes) {
            eprintln!("{}", u.source.name());
            for d in &u.problems {
                let pos = u.source.position(d.span.start);
                eprintln!(
                    "   {}:{} {} {} | {:?} {:?}",
                    pos.line,
                    pos.column,
                    d.code,
                    d.message,
                    u.source.slice(d.span),
                    d.help
                );
            }
        }
    }
}
