//! The README's table of requests is true.

use std::io::Read;

use swarmgate_workload::Workload;

use crate::client::{Client, get};

#[test]
fn every_request_of_the_readme_has_the_status_it_says() {
    let workload = Workload::builder().start().unwrap();
    let rows = include_str!("../../README.md").lines().filter_map(|line| line.strip_prefix("| `"));
    let mut checked = 0;
    for row in rows {
        let (request, rest) = row.split_once("` | ").unwrap();
        let status = rest.split(" |").next().unwrap();
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let mut client = Client::connect(&workload);
        let answered = match method {
            "POST" => client.post(path, "", words.next().unwrap_or("")).status.to_string(),
            _ if status == "none" => {
                client.send(&get(path));
                let mut bytes = Vec::new();
                let _ = client.stream.read_to_end(&mut bytes); // a reset is an error, after what came before it
                if bytes.starts_with(b"HTTP") { "some".to_owned() } else { "none".to_owned() }
            }
            _ => client.get(path).status.to_string(),
        };
        assert_eq!(answered, status, "{request}");
        checked += 1;
    }
    assert_eq!(checked, 23, "all rows of the table were checked");
}
