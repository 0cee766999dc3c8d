//! Findings as JSON, all of them with all there is; field names are only ever added to (docs/json.md).

use super::evidence::Evidence;
use super::finding::{Found, Place};
use crate::error::Result;
use crate::report::json::Writer;
use crate::report::sink::Sink;

/// Writes the object and a line break.
pub(super) fn write(evidence: &Evidence<'_>, found: &[Found], out: &mut dyn Sink) -> Result<()> {
    let mut json = Writer::new(out);
    json.open(b"{")?;
    json.named("report", b"triage")?;
    figures(evidence, &mut json)?;
    json.list("findings", found, |json, found| {
        let finding = &found.finding;
        json.named("rule", found.rule.name.as_bytes())?;
        json.named("class", found.rule.class.word().as_bytes())?;
        json.named("confidence", finding.confidence.word().as_bytes())?;
        json.number("severity", i64::from(finding.severity))?;
        if let Some(culprit) = &finding.culprit {
            place(json, culprit)?;
        }
        json.named("what", finding.what.as_bytes())?;
        json.named("proof", finding.proof.as_bytes())?;
        json.named("why", finding.why.as_bytes())?;
        json.named("profile", finding.next.kind.asked().as_bytes())?;
        json.named("next", finding.next.line.as_bytes())?;
        json.list("also", &finding.also, |json, text| {
            json.named("text", text.as_bytes())
        })?;
        json.list("stack", &finding.stack, place)
    })?;
    json.list("missing", evidence.missing, |json, missing| {
        json.named("what", missing.what.as_bytes())?;
        json.named("why", missing.why.as_bytes())
    })?;
    json.close(b"}\n")?;
    Ok(())
}

fn place(json: &mut Writer<'_>, place: &Place) -> std::io::Result<()> {
    json.named("function", &place.name)?;
    json.named("file", &place.file)?;
    json.number("line", place.line)
}

/// What the system says, in bytes, milliseconds and thousandths of a processor.
fn figures(evidence: &Evidence<'_>, json: &mut Writer<'_>) -> std::io::Result<()> {
    let process = evidence.process;
    let thousandths = |value: f64| (value * 1000.0) as i64;
    json.named("process", process.who.as_bytes())?;
    let mut figure = |name: &str, value: Option<i64>| match value {
        Some(value) => json.number(name, value),
        None => Ok(()),
    };
    figure("uptime_ms", process.uptime.map(thousandths))?;
    figure("goroutines", Some(evidence.goroutine_count()))?;
    figure("resident_bytes", process.resident[1])?;
    figure("memory_limit_bytes", process.memory_limit)?;
    figure("cpu_millicores", process.cores().map(thousandths))?;
    figure("cpu_limit_millicores", process.cpu_limit.map(thousandths))?;
    figure("threads", process.threads[1])?;
    figure("files", process.files[1])?;
    Ok(())
}
