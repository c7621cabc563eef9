import { z } from 'zod';
import { expression, labelSelector, metadata, nodeSelectorTerm, resourceMap, taint } from './common.ts';
import { podSpec } from './pod.ts';

export const podDisruptionBudget = z.looseObject({
  metadata,
  spec: z.looseObject({ selector: labelSelector.nullish() }).nullish(),
  status: z.looseObject({ disruptionsAllowed: z.int().nonnegative().nullish() }).nullish(),
});

export const persistentVolume = z.looseObject({
  metadata,
  spec: z.looseObject({
    accessModes: z.array(z.string()).nullish(),
    csi: z.looseObject({ driver: z.string() }).nullish(),
    nodeAffinity: z
      .looseObject({ required: z.looseObject({ nodeSelectorTerms: z.array(nodeSelectorTerm).nullish() }).nullish() })
      .nullish(),
  }),
});

export const persistentVolumeClaim = z.looseObject({
  metadata,
  spec: z.looseObject({ volumeName: z.string().nullish(), storageClassName: z.string().nullish() }),
});

export const storageClass = z.looseObject({
  metadata,
  provisioner: z.string(),
  volumeBindingMode: z.string().nullish(),
});

export const csiNode = z.looseObject({
  metadata,
  spec: z.looseObject({
    drivers: z
      .array(
        z.looseObject({
          name: z.string(),
          allocatable: z.looseObject({ count: z.int().nonnegative().nullish() }).nullish(),
        }),
      )
      .nullish(),
  }),
});

export const priorityClass = z.looseObject({ metadata, value: z.int() });

export const workload = z.looseObject({
  metadata,
  spec: z
    .looseObject({
      replicas: z.int().nonnegative().nullish(),
      template: z.looseObject({ spec: z.unknown() }).nullish(),
    })
    .nullish(),
});

export const daemonSet = z.looseObject({
  metadata,
  spec: z.looseObject({ template: z.looseObject({ spec: podSpec }) }),
});

export const namespace = z.looseObject({ metadata });

export const nodePool = z.looseObject({
  metadata,
  spec: z.looseObject({
    weight: z.int().nullish(),
    limits: resourceMap.nullish(),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()).nullish() }).nullish(),
      spec: z.looseObject({
        taints: z.array(taint).nullish(),
        startupTaints: z.array(taint).nullish(),
        requirements: z.array(expression).nullish(),
      }),
    }),
  }),
});

export const nodeClaim = z.looseObject({
  metadata,
  status: z.looseObject({ nodeName: z.string().nullish(), providerID: z.string().nullish() }).nullish(),
});
