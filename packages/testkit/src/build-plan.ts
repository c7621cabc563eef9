import { API_VERSION, DEFAULT_POLICY, type Plan, planDigest } from '@restow/model';

/** A plan that does nothing; `change` says what it does. Its digest is right. */
export function buildPlan(change: Partial<Plan>): Plan {
  const plan: Plan = {
    apiVersion: API_VERSION,
    kind: 'Plan',
    metadata: {
      planDigest: '',
      snapshotDigest: '',
      priceBookDigest: '',
      policyDigest: '',
      cluster: null,
      anonymised: false,
      basis: 'list',
      seed: 1,
      effort: 'quick',
      engine: 'none',
      createdAt: '2026-01-01T00:00:00.000Z',
    },
    policy: DEFAULT_POLICY,
    summary: {
      currency: 'USD',
      microsPerHour: { before: 0, after: 0, bound: 0 },
      terms: {
        list: { before: 0, after: 0 },
        effective: { before: 0, after: 0 },
        cashSaving: { low: 0, high: 0 },
        committed: 0,
      },
      gap: 0,
      objective: { total: 0, nodes: 0, moves: 0, away: 0, traffic: 0, surge: 0 },
      objectiveGap: 0,
      status: 'optimal',
      nodes: { before: 0, after: 0, removed: 0, launched: 0, unpriced: 0 },
      pods: 0,
      moves: 0,
      stallMs: 0,
      movedBytes: 0,
      solveMs: 0,
    },
    target: { nodes: [], spares: [], placements: [], covered: [] },
    steps: [],
    reliesOn: { nodes: [], pods: [] },
    stays: [],
    notes: [],
    ...change,
  };
  return { ...plan, metadata: { ...plan.metadata, planDigest: planDigest(plan) } };
}
