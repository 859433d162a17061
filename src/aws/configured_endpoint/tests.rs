//! Endpoints that the user gives.

use super::*;

const LOAD_BALANCING: &str = "Elastic Load Balancing v2";

/// All settings that can give an endpoint to the service, the first one first.
fn places() -> [EndpointSetting; 5] {
    [
        EndpointSetting::Option,
        EndpointSetting::Variable("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2".to_owned()),
        EndpointSetting::Variable("AWS_ENDPOINT_URL".to_owned()),
        EndpointSetting::ServicesSection("elastic_load_balancing_v2".to_owned()),
        EndpointSetting::Profile("endpoint_url"),
    ]
}

fn variable(name: &str) -> EndpointSetting {
    EndpointSetting::Variable(name.to_owned())
}

/// What is found where settings have values.
fn found(settings: &[(EndpointSetting, &str)]) -> Option<ConfiguredEndpoint> {
    let value = |of: &EndpointSetting| {
        let setting = settings.iter().find(|(setting, _)| setting == of);
        setting.map(|(_, value)| (*value).to_owned())
    };
    configured_endpoint(LOAD_BALANCING, value).unwrap()
}

#[test]
fn the_first_setting_with_a_value_wins() {
    let url = "http://127.0.0.1:4566";
    let places = places();
    let without_first = |count: usize| {
        let settings: Vec<_> = places.iter().skip(count).map(|setting| (setting.clone(), url)).collect();
        found(&settings).map(|endpoint| (endpoint.url, endpoint.setting))
    };
    let expected = |setting: &EndpointSetting| Some((url.to_owned(), setting.clone()));
    let [first, second, third, fourth, fifth] = &places;
    assert_eq!(
        [0, 1, 2, 3, 4, 5].map(without_first),
        [expected(first), expected(second), expected(third), expected(fourth), expected(fifth), None]
    );
}

#[test]
fn empty_values_and_values_of_other_services_are_none() {
    let given = "https://elb.example.com:8443/base";
    let settings = [
        (EndpointSetting::Option, ""),
        (variable("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING"), "http://other"),
        (variable("AWS_ENDPOINT_URL"), ""),
        (EndpointSetting::ServicesSection("elastic-load-balancing-v2".to_owned()), "http://other"),
        (EndpointSetting::Profile("endpoint_url"), given),
    ];
    assert_eq!(
        found(&settings),
        Some(ConfiguredEndpoint { url: given.to_owned(), setting: EndpointSetting::Profile("endpoint_url") })
    );
}

#[test]
fn the_switch_leaves_out_all_but_the_option() {
    let is_found = |setting: EndpointSetting, switches: &[(EndpointSetting, &'static str)]| {
        let mut settings = switches.to_vec();
        settings.push((setting, "http://127.0.0.1:4566"));
        found(&settings).is_some()
    };
    let environment = || variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    let profile = EndpointSetting::Profile("ignore_configured_endpoint_urls");
    let on = [(environment(), "True")];
    let profile_on = [(profile.clone(), "true")];
    let environment_off = [(environment(), "false"), (profile, "true")];
    assert_eq!(
        (
            places().map(|place| is_found(place, &on)),
            places().map(|place| is_found(place, &profile_on)),
            places().map(|place| is_found(place, &environment_off)),
        ),
        ([true, false, false, false, false], [true, false, false, false, false], [true; 5])
    );
}

#[test]
fn values_that_are_no_url_of_an_endpoint_are_refused_with_their_place() {
    let urls = [
        "localhost:4566",
        "ftp://127.0.0.1",
        "http://",
        "http://user:secret@127.0.0.1",
        "http://127.0.0.1/?a=b",
        "http://127.0.0.1/#a",
        "http://a b",
    ];
    let refused = |url: &str| {
        let value = |of: &EndpointSetting| (*of == variable("AWS_ENDPOINT_URL_EC2")).then(|| url.to_owned());
        configured_endpoint("EC2", value)
    };
    let described = refused("x").unwrap_err().to_string();
    assert_eq!(
        (urls.map(refused), described.as_str()),
        (
            urls.map(|_| Err(InvalidEndpoint(variable("AWS_ENDPOINT_URL_EC2")))),
            "the variable AWS_ENDPOINT_URL_EC2 is not the URL of an endpoint: it has http:// or https://, a host, and at \
             most a port and a path; user names, queries and fragments are not supported"
        )
    );
}
