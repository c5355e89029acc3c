use std::fs;

use chrono::DateTime;
use galley_schemas::artifact::Digest;
use galley_schemas::id::{GoalId, TaskId};
use tempfile::TempDir;

use super::*;
use crate::targets::tests::item;

struct Stand {
    dir: TempDir,
    site: Arc<Site>,
}

fn stand() -> Stand {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { out: dir.path().join("out"), ..Config::default() };
    Stand { site: Arc::new(Site::new("site", config)), dir }
}

fn publication(goal: u128) -> Item {
    let mark = Mark::of(GoalId::new(uuid::Uuid::from_u128(goal)), &TaskId::new("publish"));
    Item { mark, ..item() }
}

impl Stand {
    async fn publish(&self, goal: u128) -> Post {
        Target::put(&self.site, &publication(goal)).await.unwrap()
    }

    async fn seen(&self, goal: u128) -> Look {
        Target::look(&self.site, &publication(goal).sought()).await.unwrap()
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
    let post = stand.publish(1).await;
    assert_eq!(post.url, "http://localhost:8000/rye-bread/");
    assert!(stand.read("rye-bread/index.html").contains("<h1>Rye bread"));
    assert!(stand.read("rye-bread/proof.json").contains("Rye holds water."));
    for list in ["index.html", "feed.xml", "atom.xml", "sitemap.xml"] {
        assert!(stand.read(list).contains("rye-bread"), "{list}");
    }
}

#[tokio::test]
async fn the_same_goal_publishes_once() {
    let stand = stand();
    assert_eq!(stand.publish(1).await, stand.publish(1).await);
    assert_eq!(stand.posts(), ["rye-bread"]);
}

#[tokio::test]
async fn another_goal_gets_another_name() {
    let stand = stand();
    for goal in 1..=3 {
        stand.publish(goal).await;
    }
    assert_eq!(stand.posts(), ["rye-bread", "rye-bread-2", "rye-bread-3"]);
}

#[tokio::test]
async fn another_task_of_the_goal_has_a_post_of_its_own_and_a_later_round_has_the_same() {
    let stand = stand();
    stand.publish(1).await;
    let goal = GoalId::new(uuid::Uuid::from_u128(1));
    for (task, posts) in [("publish@1", 1), ("publish.2", 2)] {
        let item = Item { mark: Mark::of(goal, &TaskId::new(task)), ..item() };
        Target::put(&stand.site, &item).await.unwrap();
        assert_eq!(stand.posts().len(), posts, "{task}");
    }
}

#[tokio::test]
async fn the_target_tells_whether_it_happened() {
    let stand = stand();
    assert_eq!(stand.seen(1).await, Look::Absent);
    let post = stand.publish(1).await;
    assert_eq!(stand.seen(1).await, Look::Stands(post, Some(publication(1).revision())));
    assert_eq!(stand.seen(2).await, Look::Absent);
}

#[tokio::test]
async fn a_crash_before_the_rename_leaves_nothing_to_see() {
    let stand = stand();
    let making = stand.dir.path().join("out/.making-rye-bread");
    fs::create_dir_all(&making).unwrap();
    fs::write(making.join("index.html"), "half").unwrap();
    assert_eq!(stand.seen(1).await, Look::Absent);
    stand.publish(1).await;
    assert!(stand.read("rye-bread/index.html").contains("</html>"));
}

#[tokio::test]
async fn a_crash_before_the_lists_is_made_up_for() {
    let stand = stand();
    stand.publish(1).await;
    fs::remove_file(stand.dir.path().join("out/feed.xml")).unwrap();
    assert!(matches!(stand.seen(1).await, Look::Stands(..)));
    assert!(stand.read("feed.xml").contains("rye-bread"));
}

#[tokio::test]
async fn an_update_changes_the_post_that_stands() {
    let stand = stand();
    let post = stand.publish(1).await;
    let mut changed = publication(1);
    changed.article.title = "Rye bread, again".to_owned();
    changed.content = Digest::of(b"changed");
    changed.published += chrono::TimeDelta::days(1);
    assert_eq!(Target::put(&stand.site, &changed).await.unwrap(), post);
    assert_eq!(stand.posts(), ["rye-bread"]);
    assert!(stand.read("rye-bread/index.html").contains("<h1>Rye bread, again"));
    assert!(stand.read("feed.xml").contains("Rye bread, again"));
    assert_eq!(stand.seen(1).await, Look::Stands(post, Some(changed.revision())));
}

#[tokio::test]
async fn a_post_from_before_there_were_marks_is_known_by_its_goal() {
    let stand = stand();
    stand.publish(1).await;
    let path = stand.dir.path().join("out/rye-bread/post.json");
    let mut record: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let object = record.as_object_mut().unwrap();
    object.remove("mark");
    object.remove("revision");
    fs::write(&path, record.to_string()).unwrap();
    assert!(matches!(stand.seen(1).await, Look::Stands(_, None)));
    assert_eq!(stand.seen(2).await, Look::Absent);
}

#[tokio::test]
async fn a_retraction_takes_the_post_and_its_entries_away() {
    let stand = stand();
    let post = stand.publish(1).await;
    assert_eq!(stand.site.stands(&post).await.unwrap(), Some(true));
    Target::retract(&stand.site, &post).await.unwrap();
    assert_eq!(stand.site.stands(&post).await.unwrap(), Some(false));
    assert!(stand.posts().is_empty() && !stand.read("sitemap.xml").contains("rye-bread"));
}

#[tokio::test]
async fn many_at_once_share_the_folder() {
    let stand = stand();
    let mut all = tokio::task::JoinSet::new();
    for goal in 1..=12 {
        let site = Arc::clone(&stand.site);
        all.spawn(async move { Target::put(&site, &publication(goal)).await.unwrap() });
    }
    all.join_all().await;
    assert_eq!(stand.posts().len(), 12);
    assert_eq!(stand.read("sitemap.xml").matches("<loc>").count(), 13);
}

#[tokio::test]
async fn what_a_folder_cannot_do_is_told() {
    let stand = stand();
    let later = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
    for state in [State::Draft, State::At(later)] {
        let trouble =
            Target::put(&stand.site, &Item { state, ..publication(1) }).await.unwrap_err();
        assert_eq!(trouble.fault().code, "GLY0714");
    }
    assert!(stand.posts().is_empty());
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
        assert_eq!(rules::safe_slug(text), want);
    }
}

#[tokio::test]
async fn an_unwritable_folder_is_a_fault_that_says_so() {
    let stand = stand();
    fs::write(stand.dir.path().join("out"), "a file").unwrap();
    let fault = Target::put(&stand.site, &publication(1)).await.unwrap_err().fault();
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
