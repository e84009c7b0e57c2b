//! Watches what a command line names: finds it, attaches, and looks again for what comes later.

mod processes;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use usdt_trace::attach::{AttachError, Options, Scope, Session};
use usdt_trace::find::Finder;
use usdt_trace::{Event, Lost, Probe};

use crate::named;
use crate::select::{Pattern, Target};
use processes::Processes;

/// How long to wait at least before looking for new processes, and for new probes in those that are known.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Looking takes at most one part in so many of the time.
const LOOK_SHARE: u32 = 10;
/// So many names of probes, of those that there are, are enough for an error.
const MOST_NAMES: usize = 12;

/// Probes of a target that are being watched.
///
/// Where the target is a process or a name, files that it maps later, and processes of that name that start later, are found
/// by looking again a few times a second; a file needs no looking again: the kernel attaches whatever runs it.
#[derive(Debug)]
pub(crate) struct Following<W = Session> {
    target: Target,
    patterns: Vec<Pattern>,
    finder: Finder,
    watcher: W,
    /// The processes that were named.
    processes: Processes,
    /// What is watched, each probe of a file once.
    probes: Vec<Arc<Probe>>,
    attached: HashMap<Key, HashSet<Scope>>,
    next_look: Instant,
}

/// What tells probes apart: the file, the provider and the name.
type Key = ((u64, u64), String, String);

/// What is attached to probes: a [`Session`], or something cheaper.
pub(crate) trait Watcher {
    /// Watches a probe too: all its sites.
    fn attach(&mut self, probe: &Arc<Probe>, scope: Scope) -> Result<(), AttachError>;
}

impl Watcher for Session {
    fn attach(&mut self, probe: &Arc<Probe>, scope: Scope) -> Result<(), AttachError> {
        Session::attach(self, probe, scope)
    }
}

impl Following {
    /// Finds the probes and attaches to them.
    ///
    /// # Errors
    ///
    /// If nothing of that name is there, no probe matches a pattern, or the kernel refuses.
    pub(crate) fn start(
        target: &Target,
        patterns: &[Pattern],
        options: Options,
    ) -> anyhow::Result<Following> {
        Following::start_with(target, patterns, Session::new(options)?)
    }

    /// What has fired, in the order of time; waits at most so long for something.
    pub(crate) fn wait(&mut self, timeout: Duration) -> anyhow::Result<Vec<Event>> {
        self.look_again()?;
        Ok(self.watcher.wait(timeout)?)
    }

    /// Detaches; gives what had fired until then, and what was lost altogether.
    pub(crate) fn stop(self) -> anyhow::Result<(Vec<Event>, Vec<Lost>)> {
        Ok(self.watcher.stop()?)
    }
}

impl<W: Watcher> Following<W> {
    /// Finds the probes and attaches this watcher to them.
    ///
    /// # Errors
    ///
    /// As [`start`](Following::start).
    pub(crate) fn start_with(
        target: &Target,
        patterns: &[Pattern],
        watcher: W,
    ) -> anyhow::Result<Following<W>> {
        let mut following = Following {
            target: target.clone(),
            patterns: patterns.to_vec(),
            finder: Finder::new(),
            watcher,
            processes: Processes::default(),
            probes: Vec::new(),
            attached: HashMap::new(),
            next_look: Instant::now(),
        };
        following.begin()?;
        Ok(following)
    }

    /// What is watched now.
    pub(crate) fn probes(&self) -> &[Arc<Probe>] {
        &self.probes
    }

    /// What watches them.
    pub(crate) fn watcher(&mut self) -> &mut W {
        &mut self.watcher
    }

    /// Attaches to what has come meanwhile, if it is time to look; to be asked a few times a second.
    pub(crate) fn look_again(&mut self) -> anyhow::Result<()> {
        if !matches!(self.target, Target::File(_)) && Instant::now() >= self.next_look {
            self.look()?;
        }
        Ok(())
    }

    /// Whether the process that was named has ended. A name is never over: the next process of it may start.
    pub(crate) fn is_over(&mut self) -> bool {
        matches!(self.target, Target::Process(_)) && self.processes.are_gone()
    }

    fn begin(&mut self) -> anyhow::Result<()> {
        if let Target::Named(name) = &self.target
            && named::processes(name).is_empty()
        {
            let Some(program) = named::program_in_path(name) else {
                anstream::eprintln!("usdt: there is no process named {name} yet; waiting for one");
                return Ok(());
            };
            self.target = Target::File(program);
        }
        let there = self.look()?;
        self.require_all_patterns(&there)
    }

    /// A pattern that means nothing is a mistake, and whoever made it wants to know what there is.
    fn require_all_patterns(&self, there: &[Arc<Probe>]) -> anyhow::Result<()> {
        let missed = |pattern: &&Pattern| !there.iter().any(|probe| pattern.matches(probe));
        let Some(pattern) = self.patterns.iter().find(missed) else { return Ok(()) };
        let names: BTreeSet<String> = there.iter().map(|probe| probe.full_name()).collect();
        if names.is_empty() {
            bail!("{} has no probes", self.target);
        }
        let more = match names.len().saturating_sub(MOST_NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let names: Vec<String> = names.into_iter().take(MOST_NAMES).collect();
        let (pattern, names) = (pattern.as_str(), names.join(", "));
        match &self.target {
            Target::Everything => bail!("no process has a probe {pattern}; there are {names}{more}"),
            target => bail!("{target} has no probe {pattern}; it has {names}{more}"),
        }
    }

    /// Attaches to what has come since the last look; gives all the probes that are there.
    fn look(&mut self) -> anyhow::Result<Vec<Arc<Probe>>> {
        let started = Instant::now();
        let there = match self.target.clone() {
            Target::File(path) => {
                let there = self.finder.file(&path)?;
                self.follow(&there, Scope::Everywhere)?;
                there
            }
            Target::Process(pid) if self.processes.is_empty() => self.look_into(pid)?,
            Target::Process(pid) => self.look_again_into(pid)?,
            Target::Named(name) => {
                let mut there = Vec::new();
                for pid in named::processes(&name) {
                    there.extend(self.look_again_into(pid)?);
                }
                there
            }
            Target::Everything => {
                let processes = self.finder.processes()?.into_iter();
                let there: Vec<_> = processes.flat_map(|it| it.probes).map(|loaded| loaded.probe).collect();
                self.follow(&there, Scope::Everywhere)?;
                there
            }
        };
        self.next_look = Instant::now() + LOOK_EVERY.max(started.elapsed() * LOOK_SHARE);
        Ok(there)
    }

    /// Attaches to the probes of a process, which must be there.
    fn look_into(&mut self, pid: u32) -> anyhow::Result<Vec<Arc<Probe>>> {
        self.processes.add(pid);
        let process = self.finder.process(pid)?;
        let there: Vec<_> = process.probes.into_iter().map(|loaded| loaded.probe).collect();
        self.follow(&there, Scope::Process(pid))?;
        Ok(there)
    }

    /// The same for a process that may have ended.
    fn look_again_into(&mut self, pid: u32) -> anyhow::Result<Vec<Arc<Probe>>> {
        match self.look_into(pid) {
            Err(_) if self.processes.is_gone(pid) => Ok(Vec::new()),
            result => result,
        }
    }

    /// Attaches to those of these probes that a pattern means, unless that was done before.
    fn follow(&mut self, probes: &[Arc<Probe>], scope: Scope) -> anyhow::Result<()> {
        for probe in probes.iter().filter(|probe| self.patterns.iter().any(|pattern| pattern.matches(probe)))
        {
            let key = (probe.object.identity, probe.provider.clone(), probe.name.clone());
            let scopes = self.attached.entry(key).or_default();
            if scopes.is_empty() {
                self.probes.push(Arc::clone(probe));
            }
            if scopes.insert(scope) {
                self.watcher.attach(probe, scope)?;
            }
        }
        Ok(())
    }
}
