import type { MicrosPerHour, NodeOwner, Offering, Policy, SnapshotNode, SnapshotPod, Taint } from '@restow/model';
import type { NodeView, PodView } from '@restow/scheduling';
import type { Movement } from '../moving/movement.ts';
import type { PodPreferences, Preferred } from './preferences.ts';

/** Why something cannot be changed. */
export type Reasons = readonly string[];

/** What pods cost on a node besides its price. */
export interface PodCosts {
  /** Of one pod of each class, micros an hour: interruptions that are expected, and what it prefers of its node and has not; null: none costs anything. */
  readonly microsPerHour: Float64Array | null;
  readonly interruptionsPerHour: number;
}

/** Pods that are alike for placement: the solver counts classes, not pods. */
export interface PodClass {
  readonly index: number;
  /** In the order of namespace and name. */
  readonly pods: readonly SnapshotPod[];
  /** Index into `Problem.resources` and amount, sparse. */
  readonly dims: Int32Array;
  readonly amounts: Float64Array;
  /** Terms that count this class's pods. */
  readonly matches: readonly number[];
  /** Terms whose matching pods may not be in the same domain. */
  readonly repels: readonly number[];
  /** Terms of which a pod must be in the same domain, all of one group. */
  readonly attracts: readonly number[];
  /** Indices into `Problem.spreads`. */
  readonly spreads: readonly number[];
  /** Any of the three above, or matched by one: placing it needs more than room. */
  readonly coupled: boolean;
  /** What moving one of them costs besides the price of a move, micros an hour over the horizon: the time without it. */
  readonly awayMicrosPerHour: number;
  /** What one costs that is interrupted, micros, as far as policy says so and interruptions count. */
  readonly interruptionMicros: number;
  /** What it would rather have of others, and who counts it. */
  readonly preferences: PodPreferences;
  /** They wait for a node: that they come to one is no move, and costs nothing. */
  readonly isPending: boolean;
}

/** A count of pods by domain of one topology key, which rules refer to. */
export interface CountTerm {
  readonly topologyKey: number;
  /** Pods that come with a launched node match too, so that there can be more than there are. */
  readonly growing: boolean;
  /** Pods outside the problem (pinned, daemon, on frozen nodes), by domain. */
  readonly fixedByDomain: ReadonlyMap<number, number>;
  /** In all domains together: on a node without the label nobody is counted. */
  readonly fixedTotal: number;
  /** Pods outside the problem that keep matching pods away, by domain: carriers of this term as anti-affinity. */
  readonly fixedCarriers: ReadonlyMap<number, number>;
  /** Pods outside the problem that need a matching pod in their domain. */
  readonly fixedDependants: ReadonlyMap<number, number>;
}

/** One hard spread constraint as a class carries it. */
export interface SpreadRule {
  readonly term: number;
  readonly maxSkew: number;
  readonly minDomains: number | null;
  /** The carrying class is itself counted. */
  readonly selfMatch: 0 | 1;
  /** Domains that take part from the start; none of them is given up. Null for keys with a domain for each node. */
  readonly domains: readonly number[] | null;
  /** Skew by domain at the start, which must not grow where it is above maxSkew already. */
  readonly initialSkews: ReadonlyMap<number, number>;
}

/** What policy lets be in one domain of a term: so many, or as many as were there at the start. */
export interface ShareRule {
  readonly term: number;
  readonly most: number;
  readonly initial: ReadonlyMap<number, number>;
}

/** A label key, or what policy counts together, by which nodes are grouped into domains. */
export interface Topology {
  readonly key: string;
  /** Every node is a domain of its own (kubernetes.io/hostname). */
  readonly perNode: boolean;
}

/** A node that exists, is priced and may lose or take pods. */
export interface ProblemNode {
  readonly index: number;
  readonly node: SnapshotNode;
  readonly view: NodeView;
  readonly microsPerHour: MicrosPerHour;
  /** Room for the problem's pods: allocatable less what stays there. */
  readonly capacity: Float64Array;
  /** May be removed when it is empty; otherwise `keepReasons` says why not. */
  readonly removable: boolean;
  /** Not removable only because its group must have so many nodes. */
  readonly keptForGroup: boolean;
  /** Takes pods that are not there now. */
  readonly receives: boolean;
  readonly shape: number;
  readonly podCosts: PodCosts;
  /** Domain by topology, -1 without the label. */
  readonly domains: Int32Array;
  /** What runs there now: class indices and counts. */
  readonly homeClasses: Int32Array;
  readonly homeCounts: Int32Array;
  readonly limitGroup: number;
}

/** A kind of node that can be launched, as many as wanted. */
export interface NodeKind {
  readonly index: number;
  readonly offering: Offering;
  readonly zone: string | null;
  readonly template: Template;
  readonly microsPerHour: MicrosPerHour;
  readonly capacity: Float64Array;
  readonly shape: number;
  readonly podCosts: PodCosts;
  readonly domains: Int32Array;
  readonly limitGroup: number;
  /** May be launched by the search. One that would add a domain to a spread counts in the bound only: an empty domain changes the rule for everybody. */
  readonly usable: boolean;
  /** The view of a node of this kind under a name. */
  readonly view: (name: string) => NodeView;
  /** Daemon pods that it will run. */
  readonly daemons: readonly PodView[];
}

/** What a new node looks like besides its machine type, and which machine types it may have. */
export interface Template {
  readonly name: string;
  /** Node pool or group that the node will belong to; null for a plain node. */
  readonly group: string | null;
  readonly owner: NodeOwner;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Labels that the machine gives the node when the template takes it there, or null when it does not. */
  readonly accepts: (offering: Offering, zone: string | null) => Readonly<Record<string, string>> | null;
  /** Total of a pool that must not be exceeded, by resource; empty without limits. */
  readonly limits: Readonly<Record<string, number>>;
}

/** A pool with limits: what is used by nodes outside the problem, and what may be used. */
export interface LimitGroup {
  readonly resources: readonly string[];
  readonly left: Float64Array;
  /** Use of one node, by node index and by kind index. */
  readonly ofNode: (node: ProblemNode) => Float64Array;
  readonly ofKind: (kind: NodeKind) => Float64Array;
}

/** Snapshot, prices and policy in arrays. */
export interface Problem {
  readonly policy: Policy;
  readonly resources: readonly string[];
  /** For each resource: exact enough to be used in a lower bound. */
  readonly boundResources: readonly boolean[];
  readonly classes: readonly PodClass[];
  readonly nodes: readonly ProblemNode[];
  readonly kinds: readonly NodeKind[];
  /** Those that can always be replaced by one of `kinds` too: what to fall back on when that cannot be had. */
  readonly allKinds: readonly Omit<NodeKind, 'index'>[];
  /** For each shape (nodes and kinds that are alike for the rules on single nodes): 1 where the class may come. */
  readonly eligible: readonly Uint8Array[];
  readonly topologies: readonly Topology[];
  readonly terms: readonly CountTerm[];
  readonly spreads: readonly SpreadRule[];
  readonly shares: readonly ShareRule[];
  /** Preferences that speak of other pods; null: there are none, or they cost nothing. */
  readonly preferred: Preferred | null;
  readonly limitGroups: readonly LimitGroup[];
  /** Price of nodes that are priced but take no part: frozen ones. */
  readonly frozenMicrosPerHour: MicrosPerHour;
  readonly frozenPrices: ReadonlyMap<string, MicrosPerHour>;
  /** Amortised price of one move. */
  readonly moveMicrosPerHour: number;
  readonly movement: (pod: SnapshotPod) => Movement;
  /** Node names with the reasons why they are not removed even when nothing else held them. */
  readonly nodeReasons: ReadonlyMap<string, Reasons>;
  /** Reasons by pod, as `namespace/name`. */
  readonly podReasons: ReadonlyMap<string, Reasons>;
  readonly unpriced: readonly string[];
  readonly notes: readonly string[];
}
