import { z } from 'zod';
import { amountSchema } from './amount.ts';
import { API_VERSION } from './api-version.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { evacuationPolicySchema } from './policy-evacuation.ts';
import { runPolicySchema, type windowSchema } from './policy-run.ts';
import { taintSchema } from './scheduling-spec.ts';
import { capacityTypeSchema } from './snapshot.ts';

const names = z.array(z.string());

const template = z
  .strictObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    taints: z.array(taintSchema).default([]),
    /** Empty: every type that the price book may launch. */
    instanceTypes: names.default([]),
    zones: names.default([]),
    capacityTypes: z.array(capacityTypeSchema).default(['on-demand']),
  })
  .describe('What a new node looks like, besides its machine type');

/**
 * What a person decides. Every field has a default, so that `{}` and no file at all mean the same; an unknown key is an
 * error.
 */
export const policySchema = z.strictObject({
  apiVersion: z.literal(API_VERSION).default(API_VERSION),
  kind: z.literal('Policy').default('Policy'),
  /** Price of moving one pod, in the price book's currency, as a decimal string or number. */
  movePrice: amountSchema.default('0.02'),
  /** Hours over which the price of moving is spread: how long the new placement will last. */
  horizonHours: z.number().positive().default(24),
  /** A plan that moves or launches anything must save at least this part of what the nodes cost. */
  minimumSavingFraction: z.number().min(0).max(1).default(0.005),
  maxMoves: z.int().nonnegative().nullable().default(null),
  onlyRemove: z.boolean().default(false),
  /** Label selector of the nodes in scope (`key=value,key2!=value,key3`); empty: all. */
  nodes: z.string().default(''),
  excludeNamespaces: names.default([]),
  /** What is left alone whatever it costs, by label selectors. */
  neverTouch: z
    .strictObject({
      /** These pods stay where they are. */
      pods: names.default([]),
      /** Nothing leaves these nodes and nothing comes. */
      nodes: names.default([]),
    })
    .prefault({}),
  launch: z
    .strictObject({
      burstable: z.boolean().default(false),
      previousGeneration: z.boolean().default(false),
      bareMetal: z.boolean().default(false),
      gpuForPodsWithoutGpu: z.boolean().default(false),
      /** Nothing else; empty: all that can be had. */
      instanceTypes: names.default([]),
      /** A plan launches nodes of no more types than this; null: of any number. */
      mostInstanceTypes: z.int().positive().nullable().default(null),
    })
    .prefault({}),
  pods: z
    .strictObject({
      /** Besides the one that it runs on, a pod may go to these. */
      architectures: names.default([]),
      operatingSystems: names.default([]),
      capacityTypes: z.array(capacityTypeSchema).default([]),
      /** The same for some pods only: by label selector, in these namespaces (empty: all). */
      alsoOn: z
        .array(
          z.strictObject({
            pods: z.string(),
            namespaces: names.default([]),
            capacityTypes: z.array(capacityTypeSchema).min(1),
          }),
        )
        .default([]),
      /** No pod is moved to where there would be more than this part of its owner's, as far as the selectors and namespaces (empty: all) say. */
      shares: z
        .array(
          z.strictObject({
            pods: z.string().default(''),
            namespaces: names.default([]),
            /** On spot nodes, or in any one zone. */
            of: z.enum(['spot', 'zone']),
            part: z.number().min(0).max(1),
          }),
        )
        .default([]),
      /** What it costs an hour that a pod is where a preference of weight 100 is not met, lower weights as much less; spreads that are not required and taints that only prefer count as 100. */
      preferencePrice: amountSchema.default('0'),
      /** Move pods that keep data in emptyDir or hostPath; the data is lost. */
      moveLocalData: z.boolean().default(false),
      /** Move pods of Jobs; their work so far is lost. */
      moveJobs: z.boolean().default(false),
      /** Move pods whose annotations forbid it (Karpenter's do-not-disrupt, Cluster Autoscaler's safe-to-evict). */
      moveProtected: z.boolean().default(false),
      /** Move single replicas of Deployments by starting the new pod before the old one stops. */
      surge: z.boolean().default(true),
      /** Move pods of StatefulSets with memory, files and connections, where every node has an agent (label restow.dev/agent). */
      live: z.boolean().default(true),
    })
    .prefault({}),
  prices: z
    .strictObject({
      /** Where a cloud does not answer, its last prices may be so old for a new plan. */
      mostStaleHours: z.number().nonnegative().default(24),
      /** Of a GiB that is sent from one zone to another, both sides together, as AWS and Google Cloud ask for it. */
      zoneTrafficPerGibibyte: amountSchema.default('0.02'),
      /** How often a month a node is expected to be interrupted, the first that fits: so often is lost what the interruption of each of its pods is said to be worth (`evacuation.values`). */
      interruptions: z
        .array(
          z.strictObject({
            perMonth: z.number().nonnegative(),
            capacityTypes: z.array(capacityTypeSchema).default(['spot']),
            /** Such as `m5`; with the types: empty, all. */
            families: names.default([]),
            instanceTypes: names.default([]),
          }),
        )
        .default([]),
      /** What was agreed with a cloud, off its list prices. */
      discounts: z
        .array(
          z.strictObject({
            /** `aws`, `gcp`, a region of theirs, or `file`. */
            source: z.string(),
            percent: z.number().min(0).max(100),
            /** Such as `m5`; empty: all. */
            families: names.default([]),
            capacityTypes: z.array(capacityTypeSchema).default(['on-demand']),
          }),
        )
        .default([]),
    })
    .prefault({}),
  usage: z
    .strictObject({
      /** No pod is sent to a node whose pods would then use more than this part of its memory, as measured; null: any. */
      memoryFraction: z.number().positive().max(1).nullable().default(0.9),
    })
    .prefault({}),
  /** Parts of each node's allocatable that no pod is sent to ask for: room for what starts next. Evacuations do not ask. */
  headroom: z
    .strictObject({
      cpuFraction: z.number().min(0).max(1).default(0),
      memoryFraction: z.number().min(0).max(1).default(0),
    })
    .prefault({}),
  pending: z
    .strictObject({
      /** A plan makes room for pods that wait for a node, on nodes that are there or that it launches. */
      makeRoom: z.boolean().default(false),
      /** Not for those of lower priority: they are there to be put aside, as for Cluster Autoscaler. */
      leastPriority: z.int().default(-10),
    })
    .prefault({}),
  /** Nodes with these labels belong to a known owner and may be removed, although they carry no label of a manager. */
  ownedNodes: names.default([]),
  templates: z.array(template).default([]),
  /** How many nodes a group has, by the name that its owner gives it (node pool, node group): a plan leaves no fewer and launches no more, as far as it has not fewer or more already. */
  groups: z
    .array(
      z.strictObject({
        name: z.string(),
        leastNodes: z.int().nonnegative().default(0),
        mostNodes: z.int().nonnegative().nullable().default(null),
      }),
    )
    .default([]),
  stall: z
    .strictObject({
      /** Predicted time without the pod when it is evicted and nothing stands in for it. */
      evictMs: z.int().nonnegative().default(15_000),
      /** In addition when its volume must be detached and attached. */
      volumeHandoverMs: z.int().nonnegative().default(30_000),
      /** Predicted time without the pod when it is moved live: this, and so much for each MiB of its memory. */
      liveMs: z.int().nonnegative().default(1_000),
      liveMsPerMebibyte: z.number().nonnegative().default(5),
    })
    .prefault({}),
  run: runPolicySchema.prefault({}),
  evacuation: evacuationPolicySchema.prefault({}),
});

export type Policy = DeepReadonly<z.infer<typeof policySchema>>;
export type NodeTemplatePolicy = Policy['templates'][number];
export type EvacuationPolicy = Policy['evacuation'];
export type RunPolicy = Policy['run'];
export type RunWindow = DeepReadonly<z.infer<typeof windowSchema>>;

/** The policy that holds when nothing is said. */
export const DEFAULT_POLICY: Policy = policySchema.parse({});
