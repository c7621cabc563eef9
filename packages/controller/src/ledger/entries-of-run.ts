import { type JournalRecord, type RunState, stateOf } from '@restow/executor';
import type { Body, BodyOf } from '@restow/report';

/** What the ledger says of a run that is over, by its journal: the run, its moves, and the notices that it was for. */
export function entriesOfRun(records: readonly JournalRecord[]): Body[] {
  const state = stateOf(records);
  const { account, plan, runId, startedAt } = state;
  if (account === null) return [];
  const { terms } = plan.summary;
  const run: BodyOf<'run'> = {
    kind: 'run',
    run: runId,
    purpose: plan.evacuation === undefined ? 'rebalance' : 'evacuation',
    startedAt,
    endedAt: account.endedAt,
    outcome: account.outcome,
    reasons: account.reasons.map(({ message }) => message),
    promised: {
      microsPerHour: account.microsPerHour.before - account.microsPerHour.promised,
      listMicrosPerHour: terms.list.before - terms.list.after,
      effectiveMicrosPerHour: terms.effective === null ? null : terms.effective.before - terms.effective.after,
      cashMicrosPerHour: terms.cashSaving,
    },
    removed: state.removed.map(({ name, uid, microsPerHour, at }) => ({ node: name, uid, microsPerHour, at })),
    launched: [...state.launched.values()].flatMap(({ name, node, microsPerHour, launchedAt, goneAt }) =>
      launchedAt === null
        ? []
        : [{ node: node?.name ?? name, uid: node?.uid ?? null, microsPerHour, from: launchedAt, until: goneAt }],
    ),
    surgeMicros: account.surgeMicros,
  };
  const notices = (plan.evacuation?.nodes ?? []).map(
    ({ name, deadline }): BodyOf<'notice'> => ({
      kind: 'notice',
      at: Date.parse(plan.metadata.createdAt),
      node: name,
      deadline: Date.parse(deadline),
      run: runId,
    }),
  );
  return [...notices, ...movesOf(state), run];
}

/** Each move with what became of the pod; one that was tried again is there again. */
function movesOf(state: RunState): BodyOf<'move'>[] {
  return [...state.acts.values()].flatMap((act) => {
    if (act.does.kind !== 'move') return [];
    const { pod, owner, from, to, method } = act.does.order;
    const look = (state.actsOfStep.get(act.step) ?? []).find(
      ({ does, at }) => does.kind === 'verify' && at >= (act.endedAt ?? act.at),
    );
    const last = look ?? act;
    const problem = [act.outcome, look?.outcome].find((outcome) => outcome?.ok === false);
    const seen = look?.outcome?.ok === true ? look.outcome : null;
    return [
      {
        kind: 'move',
        run: state.runId,
        ...pod,
        controller: `${owner.kind}/${owner.name}`,
        from,
        to: seen?.landedOn ?? to,
        method,
        begunAt: act.at,
        endedAt: last.endedAt ?? last.at,
        problem:
          problem?.ok === false ? problem.reason : last.outcome === null ? 'what became of it is not known' : null,
        stallMs: seen?.stallMs ?? null,
        movedBytes: (act.outcome?.ok === true ? act.outcome.movedBytes : null) ?? 0,
      },
    ];
  });
}
