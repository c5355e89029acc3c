use super::*;

fn check(url: &str, want: bool) {
    let is_let_through = Url::parse(url).is_ok_and(|url| vet_url(&url).is_ok());
    assert_eq!(is_let_through, want, "{url}");
}

#[test]
fn the_public_web_is_let_through() {
    for url in [
        "https://example.org/",
        "http://example.org/a?b#c",
        "https://EXAMPLE.org./",
        "https://example.org:443/",
        "http://example.org:80/",
        "https://1.1.1.1/",
        "https://[2606:4700:4700::1111]/",
        "https://[::ffff:1.1.1.1]/",
        "https://bücher.example.org/",
        "https://local.example.org/",
        "https://mylocalhost.org/",
        "https://172.15.0.1/",
        "https://172.32.0.1/",
        "https://100.128.0.1/",
        "https://11.0.0.1/",
        "https://198.20.0.1/",
    ] {
        check(url, true);
    }
}

#[test]
fn no_notation_of_an_inner_address_gets_through() {
    for url in [
        // Numbers in every base, with parts left out.
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://0/",
        "http://0.0.0.0/",
        "http://127.0.0.1./",
        "http://0300.0250.1/",
        "http://0xa9fea9fe/",
        "http://2852039166/",
        // Digits and dots from elsewhere in Unicode; characters that the parser drops.
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://127．0．0．1/",
        "http:127.0.0.1/",
        "http:/\\127.0.0.1/",
        "http://127.0.\t0.1/",
        "http://1.1.1.1 &@127.0.0.1/",
        "http://1.1.1.1@127.0.0.1/",
        // IPv6, and IPv4 inside it.
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:ffff:10.0.0.1]/",
        "http://[::7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[64:ff9b:1::1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "http://[::ffff:0:7f00:1]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[ff02::1]/",
        "http://[2001:db8::1]/",
        "http://[3fff::1]/",
        "http://[100::1]/",
        // Every forbidden block.
        "http://10.1.2.3/",
        "http://100.64.0.1/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://169.254.169.254/latest/meta-data/",
        "http://172.16.0.1/",
        "http://172.31.255.255/",
        "http://192.0.0.192/",
        "http://192.0.2.1/",
        "http://192.88.99.1/",
        "http://192.168.0.1/",
        "http://198.18.0.1/",
        "http://198.19.255.255/",
        "http://198.51.100.1/",
        "http://203.0.113.1/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
    ] {
        check(url, false);
    }
}

#[test]
fn no_inner_name_other_protocol_port_or_credential_gets_through() {
    for url in [
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "http://printer.local/",
        "http://metadata.google.internal/",
        "http://api.default.svc/",
        "http://api.default.svc.cluster.local/",
        "http://router.lan/",
        "http://nas.home.arpa/",
        "http://metadata/",
        "http://kubernetes/",
        "http://ⓛocalhost/",
        "http://example.org:22/",
        "https://example.org:8443/",
        "http://example.org:0/",
        "http://user@example.org/",
        "http://user:pass@example.org/",
        "http://:pass@example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "file://example.org/etc/passwd",
        "gopher://example.org/",
        "data:text/html,x",
        "blob:https://example.org/x",
        "jar:http://example.org/x!/",
        "javascript:alert(1)",
        "unix:/run/docker.sock",
        "http+unix://%2Frun%2Fdocker.sock/",
        "ws://example.org/",
        "http://",
        "http:///",
        "//example.org/",
        "",
    ] {
        check(url, false);
    }
    check(&format!("https://example.org/{}", "a".repeat(5000)), false);
}

fn allows(entry: &str, url: &str, want: bool) {
    let guard = Guard::new(&[entry.to_owned()]).unwrap();
    assert_eq!(guard.vet_url(&Url::parse(url).unwrap()).is_ok(), want, "{entry}: {url}");
}

#[test]
fn a_permission_widens_the_rules_by_just_that() {
    allows("127.0.0.1:8080", "http://127.0.0.1:8080/", true);
    allows("127.0.0.1:8080", "http://2130706433:8080/", true);
    allows("127.0.0.1:8080", "http://127.0.0.1:8081/", false);
    allows("127.0.0.1:8080", "http://127.0.0.2:8080/", false);
    allows("127.0.0.1:80", "http://127.0.0.1/", true);
    allows("127.0.0.1:80", "http://127.0.0.1:8080/", false);
    allows("127.0.0.1", "http://127.0.0.1:9999/", true);
    allows("[::1]:8080", "http://[::1]:8080/", true);
    allows("::1", "http://[::1]:8080/", true);
    allows("10.1.0.0/16", "http://10.1.2.3:8080/", true);
    allows("10.1.0.0/16", "http://[::ffff:10.1.2.3]/", true);
    allows("10.1.0.0/16", "http://10.2.0.1/", false);
    allows("0.0.0.0/0", "http://127.0.0.1:22/", true);
    allows("wiki.intranet:8080", "http://WIKI.intranet.:8080/", true);
    allows("wiki.intranet:8080", "http://wiki.intranet/", false);
    allows("wiki.intranet", "https://blog.intranet/", false);
    allows("127.0.0.1", "ftp://127.0.0.1/", false);
    allows("127.0.0.1", "http://user@127.0.0.1/", false);
}

#[test]
fn answers_are_judged_by_name_and_number() {
    let guard = Guard::new(&["wiki.intranet".to_owned(), "10.1.0.0/16".to_owned()]).unwrap();
    let vet = |host: &str, addr: &str| guard.vet_answer(host, addr.parse().unwrap()).is_ok();
    assert!(vet("wiki.intranet.", "192.168.0.1:0"));
    assert!(vet("example.org", "10.1.9.9:0"));
    assert!(vet("example.org", "[::ffff:10.1.9.9]:0"));
    assert!(vet("example.org", "1.1.1.1:0"));
    assert!(!vet("example.org", "192.168.0.1:0"));
    assert!(!vet("example.org", "[::ffff:192.168.0.1]:0"));
}

#[test]
fn a_permission_that_cannot_be_read_is_refused() {
    for entry in ["", "10.0.0.0/33", "10.0/8", "http://x", "a b", "host:port", "user@host", "/16"] {
        assert!(Guard::new(&[entry.to_owned()]).is_err(), "{entry}");
    }
}
