import { z } from 'zod';
import { expression, labelSelector, metadata, nodeSelectorTerm, resourceMap, taint } from './common.ts';
import { podSpec } from './pod.ts';

export const podDisruptionBudget = z.object({
  metadata,
  spec: z.object({ selector: labelSelector.nullish() }).nullish(),
  status: z.object({ disruptionsAllowed: z.int().nonnegative().nullish() }).nullish(),
});

export const persistentVolume = z.object({
  metadata,
  spec: z.object({
    accessModes: z.array(z.string()).nullish(),
    csi: z.object({ driver: z.string() }).nullish(),
    nodeAffinity: z
      .looseObject({ required: z.object({ nodeSelectorTerms: z.array(nodeSelectorTerm).nullish() }).nullish() })
      .nullish(),
  }),
});

export const persistentVolumeClaim = z.object({
  metadata,
  spec: z.object({ volumeName: z.string().nullish(), storageClassName: z.string().nullish() }),
});

export const storageClass = z.object({
  metadata,
  provisioner: z.string(),
  volumeBindingMode: z.string().nullish(),
});

export const csiNode = z.object({
  metadata,
  spec: z.object({
    drivers: z
      .array(
        z.object({
          name: z.string(),
          allocatable: z.object({ count: z.int().nonnegative().nullish() }).nullish(),
        }),
      )
      .nullish(),
  }),
});

export const priorityClass = z.object({ metadata, value: z.int() });

export const workload = z.object({
  metadata,
  spec: z
    .looseObject({
      replicas: z.int().nonnegative().nullish(),
      template: z.object({ spec: z.unknown() }).nullish(),
    })
    .nullish(),
});

export const deployment = z.object({
  metadata,
  spec: z.object({
    replicas: z.int().nonnegative().nullish(),
    strategy: z
      .object({
        type: z.string().nullish(),
        rollingUpdate: z.object({ maxSurge: z.union([z.int(), z.string()]).nullish() }).nullish(),
      })
      .nullish(),
  }),
});

export const horizontalPodAutoscaler = z.object({
  metadata,
  spec: z.object({ scaleTargetRef: z.object({ kind: z.string(), name: z.string() }) }),
});

export const daemonSet = z.object({
  metadata,
  spec: z.object({ template: z.object({ spec: podSpec }) }),
});

export const podMetrics = z.object({ metadata, containers: z.array(z.object({ usage: resourceMap })) });

export const namespace = z.object({ metadata });

export const nodePool = z.object({
  metadata,
  spec: z.object({
    weight: z.int().nullish(),
    limits: resourceMap.nullish(),
    disruption: z
      .object({
        budgets: z
          .array(
            z.object({
              nodes: z.string().nullish(),
              schedule: z.string().nullish(),
              reasons: z.array(z.string()).nullish(),
            }),
          )
          .nullish(),
      })
      .nullish(),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()).nullish() }).nullish(),
      spec: z.object({
        taints: z.array(taint).nullish(),
        startupTaints: z.array(taint).nullish(),
        requirements: z.array(expression).nullish(),
      }),
    }),
  }),
});

export const nodeClaim = z.object({
  metadata,
  status: z.object({ nodeName: z.string().nullish(), providerID: z.string().nullish() }).nullish(),
});
