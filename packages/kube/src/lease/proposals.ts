import { z } from 'zod';
import type { KubeApi } from '../write/kube-api.ts';
import { annotateLease, leaseAnnotations } from './annotate-lease.ts';

/** In front of a run's name, on the cluster's lease: what it would do, and who has said that it may. */
const PROPOSED = 'proposed.restow.dev/';
const APPROVED = 'approved.restow.dev/';

const proposalSchema = z.strictObject({
  schedule: z.string(),
  currency: z.string(),
  savingMicrosPerHour: z.int(),
  moves: z.int(),
  launches: z.int(),
  removals: z.int(),
});

/** A plan that waits for somebody's word, in short. */
export type ProposalSummary = z.infer<typeof proposalSchema>;

export interface ListedProposal extends ProposalSummary {
  readonly runId: string;
}

export function propose(api: KubeApi, runId: string, summary: ProposalSummary, signal: AbortSignal): Promise<void> {
  return annotateLease(api, { [PROPOSED + runId]: JSON.stringify(summary) }, signal);
}

/** What waits; what is not understood is left out. */
export async function listProposals(api: KubeApi, signal: AbortSignal): Promise<readonly ListedProposal[]> {
  const annotations = await leaseAnnotations(api, signal);
  return Object.entries(annotations).flatMap(([key, text]) => {
    if (!key.startsWith(PROPOSED)) return [];
    const parsed = proposalSchema.safeParse(parsedJson(text));
    return parsed.success ? [{ ...parsed.data, runId: key.slice(PROPOSED.length) }] : [];
  });
}

/** `by`: who says so. False: no such run waits. */
export async function approve(api: KubeApi, runId: string, by: string, signal: AbortSignal): Promise<boolean> {
  const proposals = await listProposals(api, signal);
  if (!proposals.some((one) => one.runId === runId)) return false;
  await annotateLease(api, { [APPROVED + runId]: by }, signal);
  return true;
}

/** Who has approved it; null: nobody has. */
export async function approvedBy(api: KubeApi, runId: string, signal: AbortSignal): Promise<string | null> {
  return (await leaseAnnotations(api, signal))[APPROVED + runId] ?? null;
}

/** It waits no longer. */
export function takeBack(api: KubeApi, runId: string, signal: AbortSignal): Promise<void> {
  return annotateLease(api, { [PROPOSED + runId]: null, [APPROVED + runId]: null }, signal);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
