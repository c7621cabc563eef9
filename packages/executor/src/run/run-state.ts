import type { OfferingChoice, Plan, PlanStep, PodReference, Policy } from '@restow/model';
import type { Account } from '../account/account.ts';
import type { Act, ActOf, JournalRecord, Reason, RecordedOutcome } from '../journal/record.ts';
import type { NodeIdentity } from '../ports/node-marker.ts';
import { liveNodeOf, livePodOf } from './names.ts';

export type StepState = 'waiting' | 'done' | 'failed' | 'dropped';

/** An act of the run: begun, and ended once it has an outcome. */
export interface RunAct {
  readonly id: string;
  readonly step: string;
  readonly does: Act;
  readonly at: number;
  outcome: RecordedOutcome | null;
  endedAt: number | null;
}

/** A node is on its way out, or is kept after all. */
export type Ending = RunAct & { readonly does: ActOf<'remove' | 'keep'> };

function isEnding(act: RunAct): act is Ending {
  return act.does.kind === 'remove' || act.does.kind === 'keep';
}

export interface LaunchedNode {
  readonly name: string;
  readonly token: string;
  readonly microsPerHour: number;
  /** null: ordered, but the answer never came. */
  launchedAt: number | null;
  node: NodeIdentity | null;
  goneAt: number | null;
}

export interface MarkedNode extends NodeIdentity {
  /** The mark is known to be there; else it may be. */
  readonly isDone: boolean;
}

export interface CordonedNode {
  readonly node: NodeIdentity;
  readonly wasCordoned: boolean;
  readonly purpose: 'empty' | 'hold';
  /** Since when. */
  readonly at: number;
  /** The cluster has been seen to know of it, and nothing is under way that takes it back. */
  readonly isSeen: boolean;
}

export interface RunFailure {
  readonly step: string;
  readonly code: string;
  readonly reason: string;
}

/** What planning again must heed. */
export interface Learned {
  /** UIDs. */
  readonly pods: Set<string>;
  /** UIDs; none of their pods is moved any more. */
  readonly owners: Set<string>;
  /** Names. */
  readonly nodes: Set<string>;
  readonly unavailable: OfferingChoice[];
}

/** Everything that a run knows of itself: a function of its journal's records, and of nothing else. */
export interface RunState {
  readonly runId: string;
  readonly cluster: string | null;
  readonly startedAt: number;
  readonly plan: Plan;
  readonly policy: Policy;
  readonly microsPerHourBefore: number;
  /** The plan that is being carried out: the first one, or the last one made for the rest. */
  current: Plan;
  /** Puts back what has become pointless; a run does this once at most. */
  retreating: boolean;
  replans: number;
  /** Times in a row that the rest was planned again and then nothing came of it. */
  fruitlessReplans: number;
  resumed: number;
  steps: Map<string, { readonly step: PlanStep; state: StepState }>;
  /** Where moves go that go elsewhere than planned, by step. */
  targets: Map<string, string>;
  /** What a pod became, by the UID that it had; null when its owner wanted it no more. */
  successors: Map<string, PodReference | null>;
  readonly acts: Map<string, RunAct>;
  readonly actsOfStep: Map<string, RunAct[]>;
  /** By token. */
  /** Of each node, by UID, the last removal or the last attempt to undo one. */
  readonly endings: Map<string, Ending>;
  readonly launched: Map<string, LaunchedNode>;
  /** Tokens of what the current plan has launched, by the plan's name. */
  ordered: Map<string, string>;
  readonly cordoned: Map<string, CordonedNode>;
  readonly marked: Map<string, MarkedNode>;
  /** Nodes that autoscalers leave alone for the run's sake. */
  readonly protected: Map<string, MarkedNode>;
  readonly removed: (NodeIdentity & { readonly microsPerHour: number | null; readonly at: number })[];
  readonly failures: RunFailure[];
  readonly learned: Learned;
  readonly moves: { made: number; elsewhere: number; failed: number; stallMs: number; movedBytes: number };
  readonly moveTimes: number[];
  notLaunched: number;
  stopping: Reason | null;
  readonly reasons: Reason[];
  account: Account | null;
}

export function startState(started: Extract<JournalRecord, { type: 'started' }>): RunState {
  const { plan, policy } = started;
  const state: RunState = {
    runId: started.runId,
    cluster: started.cluster,
    startedAt: started.at,
    plan: plan as Plan,
    policy: policy as Policy,
    microsPerHourBefore: started.microsPerHour,
    current: plan as Plan,
    retreating: false,
    replans: 0,
    fruitlessReplans: 0,
    resumed: 0,
    steps: new Map(),
    targets: new Map(),
    successors: new Map(),
    acts: new Map(),
    actsOfStep: new Map(),
    endings: new Map(),
    launched: new Map(),
    ordered: new Map(),
    cordoned: new Map(),
    marked: new Map(),
    protected: new Map(),
    removed: [],
    failures: [],
    learned: { pods: new Set(), owners: new Set(), nodes: new Set(), unavailable: [] },
    moves: { made: 0, elsewhere: 0, failed: 0, stallMs: 0, movedBytes: 0 },
    moveTimes: [],
    notLaunched: 0,
    stopping: null,
    reasons: [],
    account: null,
  };
  takeUp(state, state.plan);
  return state;
}

/** Makes a plan the current one; its steps get names that no earlier plan's have. */
function takeUp(state: RunState, plan: Plan): void {
  state.current = plan;
  const prefix = state.replans === 0 ? '' : `r${state.replans}.`;
  state.steps = new Map(
    plan.steps.map((step) => {
      const id = `${prefix}${step.id}`;
      return [id, { step: { ...step, id, after: step.after.map((other) => `${prefix}${other}`) }, state: 'waiting' }];
    }),
  );
  state.targets = new Map();
  state.ordered = new Map();
}

/** Brings the state up to date with one more record. */
export function applyRecord(state: RunState, record: JournalRecord): void {
  switch (record.type) {
    case 'started':
      throw new Error('a run starts once');
    case 'begun': {
      const act: RunAct = {
        id: record.act,
        step: record.step,
        does: record.does as Act,
        at: record.at,
        outcome: null,
        endedAt: null,
      };
      state.acts.set(act.id, act);
      const ofStep = state.actsOfStep.get(act.step);
      if (ofStep === undefined) state.actsOfStep.set(act.step, [act]);
      else ofStep.push(act);
      onBegun(state, act);
      return;
    }
    case 'acted': {
      const act = state.acts.get(record.act)!;
      act.outcome = record.outcome;
      act.endedAt = record.at;
      onEnded(state, act, record.outcome);
      return;
    }
    case 'step': {
      const entry = state.steps.get(record.step)!;
      entry.state = record.state;
      if (record.state === 'done' && (entry.step.kind === 'move' || entry.step.kind === 'remove')) {
        state.fruitlessReplans = 0;
      }
      if (record.leaveAlone !== undefined) state.learned.nodes.add(record.leaveAlone);
      if (record.reason !== undefined) {
        learn(state, entry.step, record.state, record.reason);
        if (record.state === 'failed') onFailed(state, entry.step, record.reason);
      }
      return;
    }
    case 'retargeted':
      for (const { step, to } of record.moves) state.targets.set(step, to);
      return;
    case 'replanned':
      state.replans++;
      state.fruitlessReplans++;
      state.retreating ||= record.retreat;
      if (record.retreat) state.reasons.push(record.reason);
      takeUp(state, record.plan as Plan);
      return;
    case 'stopping':
      state.stopping = record.reason;
      state.reasons.push(record.reason);
      return;
    case 'resumed':
      state.resumed++;
      return;
    case 'ended':
      state.account = record.account as Account;
      return;
  }
}

function onFailed(state: RunState, step: PlanStep, { code, message }: Reason): void {
  state.failures.push({ step: step.id, code, reason: message });
  if (step.kind === 'move') state.moves.failed++;
  if (step.kind === 'launch') state.notLaunched++;
}

/** Drops that say something about the pod itself, so that planning again must not come to the same step. */
const TELLING: ReadonlySet<string> = new Set(['pod-unsteered', 'pod-stays', 'pod-stall', 'blocked']);

function learn(state: RunState, step: PlanStep, at: StepState, { code }: Reason): void {
  if (at !== 'failed' && !TELLING.has(code)) return;
  const { pods, owners, nodes, unavailable } = state.learned;
  const acts = state.actsOfStep.get(step.id) ?? [];
  if (step.kind === 'move') {
    const now = livePodOf(state, step.pod!);
    if (now !== null) pods.add(now.uid);
    // Where one of an owner's pods has come to grief, the others are left in peace.
    for (const { does } of acts) if (at === 'failed' && does.kind === 'move') owners.add(does.order.owner.uid);
  }
  if (step.kind === 'remove' || step.kind === 'cordon' || step.kind === 'drain') {
    nodes.add(liveNodeOf(state, step.node!)?.name ?? step.node!);
  }
  if (step.kind === 'launch' || step.kind === 'wait-ready') {
    for (const act of state.acts.values()) {
      if (act.does.kind === 'launch' && act.does.name === step.node) unavailable.push(act.does.order);
    }
  }
}

/** What may be so from now on, whether or not the act's end is ever recorded. */
function onBegun(state: RunState, act: RunAct): void {
  const { does } = act;
  if (does.kind === 'mark') noteMarks(state.marked, does.nodes, false);
  if (does.kind === 'protect') noteMarks(state.protected, does.nodes, false);
  if (does.kind === 'cordon') {
    const { node, wasCordoned, purpose } = does;
    state.cordoned.set(node.name, { node, wasCordoned, purpose, at: act.at, isSeen: false });
  }
  if (does.kind === 'uncordon') setSeen(state, does.node, false);
  if (does.kind === 'launch') {
    const { name, order, microsPerHour } = does;
    const { token } = order;
    state.ordered.set(name, token);
    state.launched.set(token, { name, token, microsPerHour, launchedAt: null, node: null, goneAt: null });
  }
  if (does.kind === 'move') state.moveTimes.push(act.at);
  if (isEnding(act)) state.endings.set(act.does.node.uid, act);
}

/** Another step may have uncordoned or removed the node meanwhile. */
function setSeen({ cordoned }: RunState, { name }: NodeIdentity, isSeen: boolean): void {
  const known = cordoned.get(name);
  if (known !== undefined) cordoned.set(name, { ...known, isSeen });
}

function noteMarks(marks: Map<string, MarkedNode>, nodes: readonly NodeIdentity[], isDone: boolean): void {
  for (const { name, uid } of nodes) marks.set(name, { name, uid, isDone });
}

function onEnded(state: RunState, act: RunAct, outcome: RecordedOutcome): void {
  const { does } = act;
  if (!outcome.ok) {
    // One that took too long may still come, and is given back.
    if (does.kind === 'launch' && outcome.code !== 'time-limit') state.launched.delete(does.order.token);
    if (does.kind === 'cordon') state.cordoned.delete(does.node.name);
    if (does.kind === 'uncordon') setSeen(state, does.node, true);
    // It was asked to stop, and does not: nothing else is ever done by a move that fails.
    if (does.kind === 'move' && outcome.code === 'stuck') state.moves.made++;
    return;
  }
  switch (does.kind) {
    case 'mark':
      noteMarks(state.marked, does.nodes, true);
      return;
    case 'protect':
      noteMarks(state.protected, does.nodes, true);
      return;
    case 'unmark':
      for (const { name } of does.nodes) state.marked.delete(name);
      return;
    case 'unprotect':
      for (const { name } of does.nodes) state.protected.delete(name);
      return;
    case 'cordon':
      setSeen(state, does.node, true);
      return;
    case 'uncordon':
      state.cordoned.delete(does.node.name);
      return;
    case 'launch':
      state.launched.get(does.order.token)!.launchedAt = outcome.launchedAt ?? act.at;
      return;
    case 'wait-ready':
      state.launched.get(does.token)!.node = outcome.node ?? null;
      return;
    case 'move':
      state.moves.made++;
      state.moves.movedBytes += outcome.movedBytes ?? 0;
      return;
    case 'verify':
      state.successors.set(does.moved, outcome.pod ?? null);
      state.moves.stallMs += outcome.stallMs ?? 0;
      if (outcome.landedOn !== undefined && outcome.landedOn !== does.planned) state.moves.elsewhere++;
      return;
    case 'remove':
      removeNode(state, does, outcome.removedAt ?? act.at);
      return;
    case 'release':
      releaseNode(state, does.token, outcome.paid ?? null, act.at);
      return;
  }
}

function releaseNode(
  state: RunState,
  token: string,
  paid: { readonly from: number; readonly until: number } | null,
  at: number,
): void {
  const own = state.launched.get(token);
  if (own === undefined) return;
  if (paid === null && own.launchedAt === null) {
    state.launched.delete(token);
    return;
  }
  // An order whose answer never came has been paid for all the same.
  own.launchedAt ??= paid!.from;
  own.goneAt = paid?.until ?? at;
}

function removeNode(state: RunState, does: ActOf<'remove'>, at: number): void {
  const { node, microsPerHour } = does;
  state.cordoned.delete(node.name);
  state.marked.delete(node.name);
  state.protected.delete(node.name);
  const own = [...state.launched.values()].find((launched) => launched.node?.name === node.name);
  if (own === undefined) state.removed.push({ ...node, microsPerHour, at });
  else own.goneAt = at;
}

/** The step's last act of one of these kinds. */
export function lastOf(state: RunState, step: PlanStep, kinds: readonly Act['kind'][]): RunAct | undefined {
  return (state.actsOfStep.get(step.id) ?? []).findLast(({ does }) => kinds.includes(does.kind));
}

/** The state after these records, the first of which starts the run. */
export function stateOf(records: readonly JournalRecord[]): RunState {
  const [first, ...rest] = records;
  if (first?.type !== 'started') throw new Error("a run's first record starts it");
  const state = startState(first);
  for (const record of rest) applyRecord(state, record);
  return state;
}
