import { Argument, Command, Option } from 'commander';

const collect = (value: string, previous: string[]): string[] => [...previous, value];

/** The command line. Everything that a command needs beyond its options is loaded when it runs. */
export function buildProgram(): Command {
  const program = new Command('restow');
  program
    .description(
      'Finds the cheapest set of nodes for a Kubernetes cluster that keeps every scheduling rule,\n' +
        'proves how far its answer can be from the cheapest possible one, and says what it takes to get there.',
    )
    .exitOverride()
    .showHelpAfterError('(see restow --help)');

  program
    .command('snapshot')
    .description('read a cluster, or kubectl output, and save what matters for placing and costing')
    .option(
      '-f, --file <file>',
      '`kubectl get … -o json` output or a saved snapshot, plain or gzip; - is stdin (repeatable)',
      collect,
      [],
    )
    .option('--kubeconfig <file>', 'without -f: read the cluster of this kubeconfig')
    .option('--context <name>', 'without -f: read the cluster of this context')
    .option('--save <file>', 'write the snapshot there; gzip when the name ends in .gz')
    .option('--anonymise', 'hide every name, label value, image and annotation by a keyed hash')
    .option('--print-kubectl', 'print the kubectl commands that read what a plan needs')
    .action(async (options) => (await import('./commands/snapshot.ts')).runSnapshot(options));

  program
    .command('plan')
    .description('work out the cheapest placement and the steps to it; changes nothing')
    .option(
      '-f, --file <file>',
      '`kubectl get … -o json` output or a saved snapshot, plain or gzip; - is stdin (repeatable)',
      collect,
      [],
    )
    .option('--kubeconfig <file>', 'without -f: read the cluster of this kubeconfig; changes nothing there')
    .option('--context <name>', 'without -f: read the cluster of this context')
    .option(
      '--prices <source>',
      "'builtin', 'aws:REGION', 'gcp:REGION', or 'file:PATH', whose rows are exactly what may be launched (repeatable)",
      collect,
      [],
    )
    .option('--assume-region <region>', 'price nodes of regions without built-in prices as if they were in this one')
    .option('--policy <file>', 'policy (YAML); see the README')
    .addOption(
      new Option('--effort <effort>', 'how much work to do').choices(['quick', 'normal', 'thorough']).default('normal'),
    )
    .option('--time-limit <duration>', 'stop searching after this, with the best plan so far', '60s')
    .option('--seed <number>', 'seed of the search', '1')
    .option('--move-price <amount>', 'price of moving one pod, spread over the policy horizon (24 h)')
    .option('--max-moves <number>', 'move at most so many pods')
    .option('--frontier', 'several plans to choose from, from few moves to the cheapest possible')
    .option(
      '--allow <what>',
      'what it would save if pools, templates and policy allowed it: arm64, spot, … (repeatable, or with commas)',
      collect,
      [],
    )
    .option('--without-pdb <name>', 'what it would save without this NAMESPACE/NAME (repeatable)', collect, [])
    .option(
      '--without-rule <rule>',
      'what it would save if no pod asked for it: topology-spread, pod-anti-affinity, … (repeatable)',
      collect,
      [],
    )
    .option('--nodes <selector>', 'plan only for nodes with these labels; the others stay as they are')
    .option(
      '--exclude-namespace <namespace>',
      'leave the pods of this namespace where they are (repeatable)',
      collect,
      [],
    )
    .option('--only-remove', 'launch nothing')
    .addOption(
      new Option('-o, --output <format>', 'what to print').choices(['table', 'wide', 'json', 'yaml']).default('table'),
    )
    .option('--save <file>', 'write the plan there as JSON')
    .action(async (options) => (await import('./commands/plan.ts')).runPlan(options));

  program
    .command('apply')
    .description('carry a plan out on the cluster, step by step within the budgets of its policy, and account for it')
    .argument('[plan]', 'a plan saved by `restow plan --save`')
    .option('--kubeconfig <file>', 'the cluster of this kubeconfig')
    .option('--context <name>', 'the cluster of this context')
    .option('--prices <source>', 'as the plan was made with (repeatable)', collect, [])
    .option('--assume-region <region>', 'as the plan was made with')
    .option(
      '--notices <source>',
      "who says that nodes go, besides agents: 'sqs:URL' or 'gcp:REGION' (repeatable)",
      collect,
      [],
    )
    .option('--ledger <file>', 'write down there what was done, for `restow report`')
    .option('--resume <run>', 'go on with a run that was broken off')
    .option('--abort <run>', 'end a run that was broken off: undo what can be undone, say what cannot')
    .option('--dry-run <how>', "'server': the API server judges every step and does none")
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table'))
    .action(async (plan, options) => {
      process.exitCode = await (await import('./commands/apply.ts')).runApply(plan, options);
    });

  program
    .command('runs')
    .description('list the runs that were begun from here: which goes on, which can be resumed, what each has saved')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table'))
    .action(async (options) => (await import('./commands/runs.ts')).runRuns(options));

  program
    .command('pause')
    .description('stop every run on the cluster, and let none begin, until `restow resume`')
    .option('--kubeconfig <file>', 'the cluster of this kubeconfig')
    .option('--context <name>', 'the cluster of this context')
    .option('--reason <text>', 'shown to whoever wants to run')
    .action(async (options) => (await import('./commands/pause.ts')).runPause(options));

  program
    .command('resume')
    .description('end a pause')
    .option('--kubeconfig <file>', 'the cluster of this kubeconfig')
    .option('--context <name>', 'the cluster of this context')
    .action(async (options) => (await import('./commands/pause.ts')).runResume(options));

  program
    .command('approve')
    .description('let a run begin that a schedule of `restow serve` has planned and that waits for it')
    .argument('[run]', 'its name; without one, those that wait are listed')
    .option('--kubeconfig <file>', 'the cluster of this kubeconfig')
    .option('--context <name>', 'the cluster of this context')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table'))
    .action(async (run, options) => (await import('./commands/approve.ts')).runApprove(run, options));

  program
    .command('prices')
    .description('show where prices come from, how old they are, what is paid ahead, and what is missing')
    .option('--prices <source>', "'builtin', 'aws:REGION', 'gcp:REGION' or 'file:PATH' (repeatable)", collect, [])
    .option('--assume-region <region>', 'as for `restow plan`')
    .option('--policy <file>', 'policy (YAML), for its discounts')
    .option(
      '--spot-risk <type>',
      'instead: how likely this machine type is to be had as spot (repeatable)',
      collect,
      [],
    )
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table'))
    .action(async (options) => (await import('./commands/prices.ts')).runPrices(options));

  program
    .command('explain')
    .description('say why a node or a pod of a plan goes where it goes or stays, or what constraints cost most a month')
    .argument('<plan>', 'a plan saved by `restow plan --save`')
    .argument('[name]', 'a node, or a pod as NAME or NAMESPACE/NAME; without one, the ten dearest constraints')
    .option(
      '-f, --file <file>',
      'what the plan was made from: adds what every other node says to the pod (repeatable)',
      collect,
      [],
    )
    .option('--policy <file>', 'the policy that the plan was made with')
    .action(async (plan, name, options) => (await import('./commands/explain.ts')).runExplain(plan, name, options));

  program
    .command('simulate')
    .description('let a scenario of hours or days happen to a simulated cluster, with restow and without')
    .argument('<scenario>', 'a Scenario (YAML); see packages/simulator/README.md')
    .option('--plan <file>', 'only carry out this plan on the scenario’s cluster, and account for it')
    .option('--seed <number>', 'in place of the scenario’s')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table'))
    .option('--json', 'the same as -o json')
    .action(async (scenario, options) => (await import('./commands/simulate.ts')).runSimulate(scenario, options));

  program
    .command('demo')
    .description('the whole line on a generated cluster: draw, plan, carry out on a simulation, account')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table'))
    .option('--json', 'the same as -o json')
    .action(async (options) => (await import('./commands/demo.ts')).runDemo(options));

  program
    .command('migrate')
    .description('move one pod to another node with its memory, files, address and connections')
    .argument('<pod>', 'the pod')
    .option('-n, --namespace <namespace>', 'its namespace', 'default')
    .option('--to <node>', 'where; by default the node with the most free memory of those that can take it')
    .option('--kubeconfig <file>', 'the cluster of this kubeconfig')
    .option('--context <name>', 'the cluster of this context')
    .option('--dry-run', 'only say whether it could be moved, or every reason why not')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table'))
    .action(async (pod, options) => {
      process.exitCode = await (await import('./commands/migrate.ts')).runMigrate(pod, options);
    });

  program
    .command('evacuate')
    .description('get the pods off nodes that are about to go: what is worth most first, by the gentlest way in time')
    .argument('<nodes...>', 'the nodes')
    .option('--within <duration>', 'when they go, from now', '2m')
    .option('--remove', 'give nodes back that are empty then; by default they stay, cordoned')
    .option('--ledger <file>', 'write down there what was done, for `restow report`')
    .option('--dry-run', 'only say what would be done; changes nothing')
    .option(
      '-f, --file <file>',
      'with --dry-run: read the cluster from `kubectl get … -o json` output or a saved snapshot (repeatable)',
      collect,
      [],
    )
    .option('--policy <file>', 'policy (YAML): what pods are worth, how fast they move; see docs/evacuate.md')
    .option('--prices <source>', 'as for `restow plan`: what may be launched where room is missing', collect, [])
    .option('--assume-region <region>', 'as for `restow plan`')
    .option('--kubeconfig <file>', 'the cluster of this kubeconfig')
    .option('--context <name>', 'the cluster of this context')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table'))
    .action(async (nodes, options) => {
      process.exitCode = await (await import('./commands/evacuate.ts')).runEvacuate(nodes, options);
    });

  program
    .command('doctor')
    .description('say for each node by which methods its pods can move, and every reason why not; changes nothing')
    .option('--kubeconfig <file>', 'the cluster of this kubeconfig')
    .option('--context <name>', 'the cluster of this context')
    .option(
      '--cloud <cloud>',
      'instead: each permission at aws:REGION or gcp:REGION, and what each that is missing costs',
    )
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['table', 'json']).default('table'))
    .action(async (options) => {
      process.exitCode = await (await import('./commands/doctor.ts')).runDoctor(options);
    });

  program
    .command('certificate')
    .description("issue the certificate of a node's agent; the cluster's authority is made on first use")
    .argument('<node>', 'the node')
    .requiredOption('--save <folder>', 'write ca.crt, tls.crt and tls.key there')
    .option('--days <number>', 'how long it shall be valid', '365')
    .option('--kubeconfig <file>', 'the cluster of this kubeconfig')
    .option('--context <name>', 'the cluster of this context')
    .action(async (node, options) => (await import('./commands/certificate.ts')).runCertificate(node, options));

  program
    .command('serve')
    .description('run in the cluster: rebalance by the schedules of a configuration, or steer pods that are moved live')
    .option('--config <file>', 'schedules, prices, where metrics are told (YAML); see docs/serve.md')
    .addOption(new Option('--only <part>', 'run just the webhook that steers pods').choices(['webhook']))
    .option('--url <url>', 'where the API server reaches the webhook: https://ADDRESS:PORT')
    .option('--kubeconfig <file>', 'the cluster of this kubeconfig')
    .option('--context <name>', 'the cluster of this context')
    .action(async (options) => (await import('./commands/serve.ts')).runServe(options));

  program
    .command('report')
    .description('say what a ledger of `restow serve` knows of a period: what was paid, by whom, and what was saved')
    .addArgument(new Argument('<report>', 'which').choices(['summary', 'allocation', 'idle', 'actions', 'savings']))
    .requiredOption('--ledger <file>', 'the ledger')
    .option('--from <moment>', 'from then on: a date in UTC, or how long ago, such as 7d', '30d')
    .option('--to <moment>', 'until then; by default until now')
    .option('--by <key>', "allocation, and who pays: 'namespace', 'controller', 'node' or 'label:NAME'", 'namespace')
    .addOption(
      new Option('-o, --output <format>', 'what to print').choices(['table', 'json', 'csv', 'html']).default('table'),
    )
    .action(async (report, options) => (await import('./commands/report.ts')).runReport(report, options));

  program
    .command('ledger')
    .description('look at a ledger of `restow serve`')
    .command('verify')
    .description('compute every hash again, and say the first entry that is not as it was written')
    .argument('<file>', 'the ledger')
    .action(async (file) => {
      process.exitCode = (await import('./commands/ledger.ts')).runVerify(file);
    });

  program
    .command('agent')
    .description('run on a node, as root: freeze, stream and restore the pods that leave it and come to it')
    .requiredOption('--node <name>', 'the node that this is')
    .requiredOption('--address <address>', 'where it is reached: HOST or HOST:PORT')
    .requiredOption('--tls <folder>', 'ca.crt, tls.crt and tls.key of this node, from `restow certificate`')
    .option('--shim <file>', 'the runtime shim', '/usr/local/sbin/restow-runc')
    .option('--runc <file>', 'the runtime behind it', 'runc')
    .option('--runc-root <folder>', "where containerd's runtime keeps its state", '/run/containerd/runc/k8s.io')
    .option('--moves <number>', 'pods on their way at once, from here and to here', '2')
    .option('--archive-memory <quantity>', 'of all archives at once, such as 8Gi; by default a quarter of the memory')
    .option('--bandwidth <quantity>', 'bytes a second that may leave, such as 100Mi; by default as many as can')
    .option('--metadata <cloud>', "whose metadata server says when the node goes: 'aws', 'gcp' or 'none'", 'none')
    .action(async (options) => (await import('./commands/agent.ts')).runAgent(options));

  program
    .command('version')
    .description('print the version')
    .action(async () => (await import('./commands/version.ts')).runVersion());

  return program;
}
