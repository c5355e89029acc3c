use std::fs;

use tempfile::TempDir;

use super::*;
use crate::rules::tests::article;

struct Stand {
    dir: TempDir,
    site: Arc<Site>,
}

fn stand() -> Stand {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { out: dir.path().join("out"), ..Config::default() };
    Stand { site: Arc::new(Site::new(config)), dir }
}

impl Stand {
    fn publication(&self, goal: u128) -> Publication {
        Publication {
            site: Arc::clone(&self.site),
            goal: GoalId::new(uuid::Uuid::from_u128(goal)),
            content: Digest::of(b"article"),
            article: Arc::new(article()),
            card: None,
            published: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        }
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.dir.path().join("out").join(path)).unwrap()
    }

    fn posts(&self) -> Vec<String> {
        let posts = files::posts(&self.site.config.out).unwrap();
        posts.into_iter().map(|post| post.slug).collect()
    }
}

#[tokio::test]
async fn a_post_stands_with_its_lists() {
    let stand = stand();
    let receipt = stand.publication(1).write().await.unwrap();
    assert_eq!(receipt["url"], "http://localhost:8000/rye-bread/");
    assert!(stand.read("rye-bread/index.html").contains("<h1>Rye bread"));
    assert!(stand.read("rye-bread/proof.json").contains("Rye holds water."));
    for list in ["index.html", "feed.xml", "atom.xml", "sitemap.xml"] {
        assert!(stand.read(list).contains("rye-bread"), "{list}");
    }
}

#[tokio::test]
async fn the_same_goal_publishes_once() {
    let stand = stand();
    let first = stand.publication(1).write().await.unwrap();
    let again = stand.publication(1).write().await.unwrap();
    assert_eq!(first, again);
    assert_eq!(stand.posts(), ["rye-bread"]);
}

#[tokio::test]
async fn another_goal_gets_another_name() {
    let stand = stand();
    for goal in 1..=3 {
        stand.publication(goal).write().await.unwrap();
    }
    assert_eq!(stand.posts(), ["rye-bread", "rye-bread-2", "rye-bread-3"]);
}

#[tokio::test]
async fn the_target_tells_whether_it_happened() {
    let stand = stand();
    assert_eq!(stand.publication(1).observe().await.unwrap(), Observed::DidNotHappen);
    let receipt = stand.publication(1).write().await.unwrap();
    assert_eq!(stand.publication(1).observe().await.unwrap(), Observed::Happened(receipt));
    assert_eq!(stand.publication(2).observe().await.unwrap(), Observed::DidNotHappen);
}

#[tokio::test]
async fn a_crash_before_the_rename_leaves_nothing_to_see() {
    let stand = stand();
    let making = stand.dir.path().join("out/.making-rye-bread");
    fs::create_dir_all(&making).unwrap();
    fs::write(making.join("index.html"), "half").unwrap();
    assert_eq!(stand.publication(1).observe().await.unwrap(), Observed::DidNotHappen);
    stand.publication(1).write().await.unwrap();
    assert!(stand.read("rye-bread/index.html").contains("</html>"));
}

#[tokio::test]
async fn a_crash_before_the_lists_is_made_up_for() {
    let stand = stand();
    let receipt = stand.publication(1).write().await.unwrap();
    fs::remove_file(stand.dir.path().join("out/feed.xml")).unwrap();
    assert_eq!(stand.publication(1).observe().await.unwrap(), Observed::Happened(receipt));
    assert!(stand.read("feed.xml").contains("rye-bread"));
}

#[tokio::test]
async fn a_retraction_takes_the_post_and_its_entries_away() {
    let stand = stand();
    stand.publication(1).write().await.unwrap();
    let retraction = Retraction { site: Arc::clone(&stand.site), slug: "rye-bread".to_owned() };
    assert_eq!(retraction.observe().await.unwrap(), Observed::DidNotHappen);
    retraction.write().await.unwrap();
    assert!(matches!(retraction.observe().await.unwrap(), Observed::Happened(_)));
    assert!(stand.posts().is_empty() && !stand.read("sitemap.xml").contains("rye-bread"));
}

#[tokio::test]
async fn many_at_once_share_the_folder() {
    let stand = stand();
    let mut all = tokio::task::JoinSet::new();
    for goal in 1..=12 {
        let publication = stand.publication(goal);
        all.spawn(async move { publication.write().await.unwrap() });
    }
    all.join_all().await;
    assert_eq!(stand.posts().len(), 12);
    assert_eq!(stand.read("sitemap.xml").matches("<loc>").count(), 13);
}

#[test]
fn a_name_cannot_lead_out_of_the_site() {
    for (text, want) in [
        ("../../etc/passwd", "etc-passwd"),
        ("", "article"),
        ("..", "article"),
        ("Rye & Bread!", "rye-bread"),
        (".galley.lock", "galley-lock"),
    ] {
        assert_eq!(files::safe_slug(text), want);
    }
}

#[tokio::test]
async fn an_unwritable_folder_is_a_fault_that_says_so() {
    let stand = stand();
    fs::write(stand.dir.path().join("out"), "a file").unwrap();
    let fault = stand.publication(1).write().await.unwrap_err();
    assert_eq!(fault.code, "GLY0705");
    assert!(fault.message.contains("make the folder"), "{fault}");
}

#[test]
fn a_folder_where_no_site_can_be_is_told_and_a_good_one_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    for bad in [file.clone(), file.join("deep/site"), "/proc/site".into()] {
        assert_eq!(check(&bad).unwrap_err().code, "GLY0708", "{}", bad.display());
    }
    check(&dir.path().join("new/site")).unwrap();
    check(dir.path()).unwrap();
    check(Path::new("galley-test-site")).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
