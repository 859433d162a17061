//! Settings with their sources.

use indexmap::IndexMap;
use serde::Serialize;

use crate::report::{Palette, one_line};
use crate::settings::{Effective, SettingOrigin, SettingType};

/// The settings as data: stable, fields may be added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingsSummary<'a> {
    /// The file that was read, if there is one.
    file: Option<&'a str>,
    settings: IndexMap<&'static str, ShownSetting<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownSetting<'a> {
    /// A list for what is one; `null` where nothing is set.
    value: serde_json::Value,
    /// Where the value comes from; of a list each value.
    from: Vec<ShownOrigin<'a>>,
    /// The setting that excludes this one and was set in a stronger place.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_aside_by: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum ShownOrigin<'a> {
    Default,
    File { file: &'a str, line: usize },
    Variable { name: &'a str },
    Flag { name: &'a str },
}

impl<'a> From<&'a SettingOrigin> for ShownOrigin<'a> {
    fn from(origin: &'a SettingOrigin) -> Self {
        match origin {
            SettingOrigin::Default => Self::Default,
            SettingOrigin::File { file, line, .. } => Self::File { file, line: *line },
            SettingOrigin::Variable(name) => Self::Variable { name },
            SettingOrigin::Flag(name) => Self::Flag { name },
        }
    }
}

impl<'a> SettingsSummary<'a> {
    /// The settings of a command, and the file that was read.
    pub fn of(file: Option<&'a str>, settings: &'a [Effective]) -> Self {
        Self { file, settings: settings.iter().map(|effective| (effective.setting.name, shown(effective))).collect() }
    }
}

fn shown(effective: &Effective) -> ShownSetting<'_> {
    let texts = || effective.values.iter().map(|value| value.text.as_str());
    let number = |text: &str| text.parse::<serde_json::Number>().ok().map(serde_json::Value::Number);
    let value = match effective.setting.kind {
        SettingType::List | SettingType::Paths => texts().collect(),
        SettingType::Switch => texts().next().map(|text| text == "true").into(),
        SettingType::Number => texts().next().and_then(number).into(),
        SettingType::Text | SettingType::Path | SettingType::Amount => texts().next().into(),
    };
    ShownSetting {
        value,
        from: effective.values.iter().map(|value| ShownOrigin::from(&value.origin)).collect(),
        set_aside_by: effective.set_aside_by.map(|setting| setting.name),
    }
}

/// The settings as a table.
pub fn render_settings(settings: &[Effective], palette: Palette) -> String {
    let rows: Vec<(&str, String, String)> = settings.iter().map(row).collect();
    let width = |of: &dyn Fn(&(&str, String, String)) -> usize| rows.iter().map(of).max().unwrap_or_default().max(5);
    let names = width(&|row| row.0.chars().count());
    let values = width(&|row| row.1.chars().count());
    let head = format!("{:<names$}  {:<values$}  {}", "SETTING", "VALUE", "FROM");
    let mut text = format!("{}\n", palette.faint(&head));
    for ((name, value, origin), effective) in rows.iter().zip(settings) {
        let is_default = effective.values.iter().all(|value| value.origin == SettingOrigin::Default);
        let line = format!("{name:<names$}  {value:<values$}  {origin}");
        text.push_str(&if is_default { palette.faint(&line) } else { line });
        text.push('\n');
    }
    text
}

fn row(effective: &Effective) -> (&'static str, String, String) {
    let values: Vec<_> = effective.values.iter().map(|value| one_line(&value.text)).collect();
    let mut origins: Vec<String> = Vec::new();
    for value in &effective.values {
        let origin = match &value.origin {
            SettingOrigin::Default => "default".to_owned(),
            SettingOrigin::File { file, line, .. } => format!("{}:{line}", one_line(file)),
            SettingOrigin::Variable(name) | SettingOrigin::Flag(name) => name.clone(),
        };
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    let value = if values.is_empty() { "-".to_owned() } else { values.join(", ") };
    let origin = match effective.set_aside_by {
        Some(by) => format!("overridden by {}", by.name),
        None if origins.is_empty() => "default".to_owned(),
        None => origins.join(", "),
    };
    (effective.setting.name, value, origin)
}
