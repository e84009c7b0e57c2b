//! Where images are, whom that concerns, and what happens where the system refuses.

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use common::{ask, tracing};
use tempfile::TempDir;
use testkit::bpftrace::{Bpftrace, observe};
use testkit::expect;
use testkit::subject::Subject;

const DEFINER: &str = env!("CARGO_BIN_EXE_definer");

fn directory() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).expect("permissions");
    directory
}

/// What a definer says of its place, and that it goes on whatever that is.
fn place(command: &mut Command) -> String {
    let mut definer = Subject::spawn(command).expect("the definer starts");
    let place = ask(&mut definer, "define");
    expect::equal("the definer", "done", &*ask(&mut definer, "fire 10"));
    expect::equal("the definer", "done", &*ask(&mut definer, "threads 2 10"));
    let (status, _) = definer.finish().expect("the definer ends");
    assert!(status.success(), "{status}");
    place
}

fn in_directory(directory: &Path) -> String {
    place(Command::new(DEFINER).env("USDT_PROBES_DIR", directory))
}

/// A definer whose directory is a file system of its own, mounted with these options where nobody else sees it.
fn mounted(options: &str, then: &str) -> String {
    let directory = directory();
    let script = format!("mount -t tmpfs -o {options} probes \"$USDT_PROBES_DIR\" && {then} exec {DEFINER}");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script]).env("USDT_PROBES_DIR", directory.path());
    place(&mut command)
}

fn assert_says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "no {part:?} in {said:?}");
    }
}

fn only_image(directory: &Path) -> PathBuf {
    let images: Vec<_> =
        fs::read_dir(directory).expect("the directory").map(|e| e.expect("an entry").path()).collect();
    expect::equal("images", &1, &images.len());
    images[0].clone()
}

#[test]
fn a_file_is_private_and_named_after_its_content() {
    let directory = directory();
    let said = in_directory(directory.path());
    let image = only_image(directory.path());
    expect::equal("the place", &*image, Path::new(&said));
    let metadata = image.metadata().expect("the image");
    expect::equal("the mode", &0o100_400, &metadata.mode());
    let name = image.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(
        name.starts_with("shared-") && name.ends_with(".so") && name.len() == "shared-.so".len() + 32,
        "{name}"
    );
    // A second process finds it and leaves it as it is.
    expect::equal("the place", &*said, &*in_directory(directory.path()));
    expect::equal("the inode", &metadata.ino(), &image.metadata().expect("the image").ino());
}

#[test]
fn the_directory_is_made_for_this_user_alone() {
    let above = directory();
    let session =
        place(Command::new(DEFINER).env_remove("USDT_PROBES_DIR").env("XDG_RUNTIME_DIR", above.path()));
    let made = above.path().join("usdt-probes");
    assert!(Path::new(&session).starts_with(&made), "{session}");
    expect::equal("the mode", &0o40_700, &made.metadata().expect("the directory").mode());

    let mut command = Command::new(DEFINER);
    let user = place(command.env_remove("USDT_PROBES_DIR").env_remove("XDG_RUNTIME_DIR"));
    assert!(user.starts_with("/tmp/usdt-probes-"), "{user}");
    // A relative path would be another directory in each process.
    let mut command = Command::new(DEFINER);
    let relative = place(command.env("USDT_PROBES_DIR", "probes").env_remove("XDG_RUNTIME_DIR"));
    expect::equal("the place", &*user, &*relative);
}

#[test]
fn a_directory_that_others_could_have_prepared_is_refused() {
    let above = directory();
    let open = above.path().join("open");
    fs::create_dir(&open).expect("a directory");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).expect("permissions");
    assert_says(&in_directory(&open), &["memory: ", "is open to other users", "0700"]);

    let link = above.path().join("link");
    symlink(above.path(), &link).expect("a link");
    assert_says(&in_directory(&link), &["memory: ", "symbolic link"]);

    let file = above.path().join("file");
    fs::write(&file, "").expect("a file");
    assert_says(&in_directory(&file), &["memory: ", "not a directory"]);

    let missing = above.path().join("missing/directory");
    assert_says(&in_directory(&missing), &["memory: ", "can't make or open the directory", "No such file"]);

    if std::os::unix::fs::chown(above.path(), Some(65_534), None).is_ok() {
        assert_says(&in_directory(above.path()), &["memory: ", "belongs to another user"]);
    }
}

#[test]
fn what_is_not_the_image_is_replaced_and_never_mapped() {
    let directory = directory();
    let image = PathBuf::from(in_directory(directory.path()));
    let content = fs::read(&image).expect("the image");
    let elsewhere = directory.path().join("elsewhere");
    let mut damaged = content.clone();
    damaged[0x1000] ^= 1;
    let spoil: [&dyn Fn(); 6] = [
        &|| fs::write(&image, &damaged).expect("written"),
        &|| fs::write(&image, &content[..content.len() - 1]).expect("written"),
        &|| fs::write(&image, [&content[..], b"more"].concat()).expect("written"),
        &|| symlink(&elsewhere, &image).expect("a link"),
        &|| assert!(Command::new("mkfifo").arg(&image).status().expect("mkfifo").success()),
        &|| {
            fs::write(&image, &content).expect("written");
            fs::set_permissions(&image, fs::Permissions::from_mode(0o666)).expect("permissions");
        },
    ];
    for spoil in spoil {
        fs::remove_file(&image).expect("removed");
        spoil();
        expect::equal("the place", &*image, Path::new(&in_directory(directory.path())));
        let metadata = image.symlink_metadata().expect("the image");
        expect::equal("the mode", &0o100_400, &metadata.mode());
        assert!(fs::read(&image).expect("the image") == content, "the image was not repaired");
        assert!(!elsewhere.exists(), "a link was followed");
    }
}

#[test]
fn processes_that_define_at_the_same_time_share_one_file() {
    let directory = directory();
    let mut definers: Vec<_> = (0..16)
        .map(|_| {
            Subject::spawn(Command::new(DEFINER).env("USDT_PROBES_DIR", directory.path())).expect("starts")
        })
        .collect();
    definers.iter_mut().for_each(|definer| definer.send("define").expect("reads"));
    let places: Vec<_> = definers.iter_mut().map(|definer| definer.line().expect("answers")).collect();
    let image = only_image(directory.path());
    for place in places {
        expect::equal("the place", &*image, Path::new(&place));
    }
    let inode = image.metadata().expect("the image").ino().to_string();
    for definer in &definers {
        let maps = fs::read_to_string(format!("/proc/{}/maps", definer.pid())).expect("maps");
        assert!(maps.contains(&format!(" {inode} ")), "another file is mapped:\n{maps}");
    }
}

#[test]
fn old_images_are_collected_and_used_ones_kept() {
    let directory = directory();
    let mut holder =
        Subject::spawn(Command::new(DEFINER).env("USDT_PROBES_DIR", directory.path())).expect("starts");
    let held = PathBuf::from(ask(&mut holder, "define"));
    let hash = "0123456789abcdef0123456789abcdef";
    let file = |name: &str, days: u64| {
        let path = directory.path().join(name);
        fs::write(&path, "").expect("written");
        age(&path, days);
        path
    };
    let old = file(&format!("old-{hash}.so"), 8);
    let fresh = file(&format!("fresh-{hash}.so"), 6);
    let unfinished = file(&format!(".12-0-7f00.x-{hash}.so"), 1);
    let foreign = file("notes.txt", 1000);
    age(&held, 1000);

    // Another definition, since a process looks when it writes.
    let mut other =
        Subject::spawn(Command::new(DEFINER).env("USDT_PROBES_DIR", directory.path())).expect("starts");
    ask(&mut other, "define-wide 1");
    for (path, kept) in [(&old, false), (&unfinished, false), (&fresh, true), (&foreign, true), (&held, true)]
    {
        assert_eq!(path.exists(), kept, "{}", path.display());
    }

    // Whoever used it last has gone.
    holder.finish().expect("the definer ends");
    age(&held, 1000);
    let mut third =
        Subject::spawn(Command::new(DEFINER).env("USDT_PROBES_DIR", directory.path())).expect("starts");
    ask(&mut third, "define-wide 2");
    assert!(!held.exists());
}

fn age(path: &Path, days: u64) {
    let then = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
    let file = fs::File::open(path).expect("the file");
    file.set_modified(then).expect("its time");
}

#[test]
fn too_many_unused_images_are_collected() {
    let directory = directory();
    let mut definer =
        Subject::spawn(Command::new(DEFINER).env("USDT_PROBES_DIR", directory.path())).expect("starts");
    let image = PathBuf::from(ask(&mut definer, "define"));
    ask(&mut definer, "churn 1000");
    let left = fs::read_dir(directory.path()).expect("the directory").count();
    assert!((256..256 + 66).contains(&left), "{left} images are left");
    assert!(image.exists());
}

#[test]
fn a_file_system_that_will_not_do_is_not_needed() {
    let Some(_alone) = tracing() else { return };
    assert_says(&mounted("noexec,mode=700", ""), &["memory: ", "can't map the image", "noexec"]);
    let read_only = mounted("mode=700", "mount -o remount,ro \"$USDT_PROBES_DIR\" &&");
    assert_says(&read_only, &["memory: ", "can't write the image", "Read-only"]);
    let full = mounted("size=4k,mode=700", "");
    assert_says(&full, &["memory: ", "can't write the image", "No space", "free some space"]);
}

#[test]
fn an_image_in_memory_is_seen_by_pid() {
    let Some(_alone) = tracing() else { return };
    let missing = directory().path().join("missing/directory");
    let mut definer = Subject::spawn(Command::new(DEFINER).env("USDT_PROBES_DIR", &missing)).expect("starts");
    assert_says(&ask(&mut definer, "define"), &["memory: "]);
    let memory = fs::read_dir(format!("/proc/{}/fd", definer.pid()))
        .expect("its files")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| fs::read_link(path).is_ok_and(|to| to.to_string_lossy().contains("usdt-probes:shared")))
        .expect("a file in memory");
    let script = Bpftrace::new().usdt(&memory, "shared:first", "@ = count();");
    let (output, _) = observe(&script, || ask(&mut definer, "fire 25")).expect("bpftrace attaches");
    output.assert_count("@", 25);
}

/// What a definer says that may have only so much from when it has started.
fn limited(limit: &str) -> String {
    let directory = directory();
    let mut definer =
        Subject::spawn(Command::new(DEFINER).env("USDT_PROBES_DIR", directory.path())).expect("starts");
    // Until it answers it is not loaded.
    expect::equal("the definer", "done", &*ask(&mut definer, "churn 0"));
    let mut prlimit = Command::new("prlimit");
    prlimit.args(["--pid", &definer.pid().to_string(), limit]);
    assert!(prlimit.status().expect("prlimit").success());
    let place = ask(&mut definer, "define");
    expect::equal("the definer", "done", &*ask(&mut definer, "fire 10"));
    let (status, _) = definer.finish().expect("the definer ends");
    assert!(status.success(), "{limit}: {status}");
    place
}

#[test]
fn limits_of_the_process_are_said_and_survived() {
    // The process would be killed if it wrote more.
    assert_says(&limited("--fsize=2048"), &["unavailable: ", "files may have 2048 bytes", "ulimit -f"]);
    assert_says(&limited("--nofile=3"), &["unavailable: ", "Too many open files", "ulimit -n"]);
    assert_says(
        &limited("--as=1"),
        &["unavailable: ", "can't map the image", "Cannot allocate memory", "ulimit -v"],
    );
}

#[test]
fn a_seccomp_filter_is_said_and_survived() {
    for (forbidden, parts) in [
        ("mmap-exec", &["unavailable: ", "can't map the image", "not permitted"][..]),
        ("flock", &["memory: ", "can't lock the image", "seccomp"]),
        ("memfd", &["/"]),
        (
            "openat memfd",
            &["unavailable: ", "can't make or open the directory", "can't make a file in memory", "seccomp"],
        ),
    ] {
        let directory = directory();
        let mut definer =
            Subject::spawn(Command::new(DEFINER).env("USDT_PROBES_DIR", directory.path())).expect("starts");
        expect::equal("the definer", "done", &*ask(&mut definer, &format!("forbid {forbidden}")));
        assert_says(&ask(&mut definer, "define"), parts);
        expect::equal("the definer", "done", &*ask(&mut definer, "fire 10"));
        let (status, _) = definer.finish().expect("the definer ends");
        assert!(status.success(), "{forbidden}: {status}");
    }
}

#[test]
fn another_user_has_another_directory() {
    let Some(_alone) = tracing() else { return };
    // The program is where that user can't go.
    let program = tempfile::tempdir().expect("a directory");
    fs::set_permissions(program.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
    let copy = program.path().join("definer");
    fs::copy(DEFINER, &copy).expect("copied");
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--clear-groups"]).arg(&copy);
    let said = place(command.env_remove("USDT_PROBES_DIR").env_remove("XDG_RUNTIME_DIR"));
    assert!(said.starts_with("/tmp/usdt-probes-65534/shared-"), "{said}");
    expect::equal("the owner", &65_534, &Path::new(&said).metadata().expect("the image").uid());
    fs::remove_dir_all("/tmp/usdt-probes-65534").expect("removed");
}
