import { z } from 'zod';
import { labelSelector, metadata, nodeSelectorTerm, resourceMap } from './common.ts';

const container = z.object({
  name: z.string().nullish(),
  restartPolicy: z.string().nullish(),
  resources: z.object({ requests: resourceMap.nullish() }).nullish(),
  ports: z
    .array(
      z.object({
        hostPort: z.int().nullish(),
        protocol: z.string().nullish(),
        hostIP: z.string().nullish(),
      }),
    )
    .nullish(),
});

const podAffinityTerm = z.object({
  topologyKey: z.string(),
  labelSelector: labelSelector.nullish(),
  namespaces: z.array(z.string()).nullish(),
  namespaceSelector: labelSelector.nullish(),
  matchLabelKeys: z.array(z.string()).nullish(),
  mismatchLabelKeys: z.array(z.string()).nullish(),
});

const podAffinity = z.object({
  requiredDuringSchedulingIgnoredDuringExecution: z.array(podAffinityTerm).nullish(),
  preferredDuringSchedulingIgnoredDuringExecution: z.array(z.object({ weight: z.int(), podAffinityTerm })).nullish(),
});

const volume = z.looseObject({
  name: z.string(),
  persistentVolumeClaim: z.object({ claimName: z.string() }).nullish(),
  ephemeral: z.object({}).nullish(),
  emptyDir: z.object({ medium: z.string().nullish() }).nullish(),
  hostPath: z.object({}).nullish(),
});

export const podSpec = z.object({
  nodeName: z.string().nullish(),
  schedulerName: z.string().nullish(),
  nodeSelector: z.record(z.string(), z.string()).nullish(),
  affinity: z
    .looseObject({
      nodeAffinity: z
        .looseObject({
          requiredDuringSchedulingIgnoredDuringExecution: z
            .looseObject({ nodeSelectorTerms: z.array(nodeSelectorTerm).nullish() })
            .nullish(),
          preferredDuringSchedulingIgnoredDuringExecution: z
            .array(z.object({ weight: z.int(), preference: nodeSelectorTerm }))
            .nullish(),
        })
        .nullish(),
      podAffinity: podAffinity.nullish(),
      podAntiAffinity: podAffinity.nullish(),
    })
    .nullish(),
  tolerations: z
    .array(
      z.object({
        key: z.string().nullish(),
        operator: z.string().nullish(),
        value: z.string().nullish(),
        effect: z.string().nullish(),
      }),
    )
    .nullish(),
  topologySpreadConstraints: z
    .array(
      z.object({
        topologyKey: z.string(),
        maxSkew: z.int().positive(),
        minDomains: z.int().positive().nullish(),
        whenUnsatisfiable: z.string().nullish(),
        labelSelector: labelSelector.nullish(),
        matchLabelKeys: z.array(z.string()).nullish(),
        nodeAffinityPolicy: z.string().nullish(),
        nodeTaintsPolicy: z.string().nullish(),
      }),
    )
    .nullish(),
  containers: z.array(container),
  initContainers: z.array(container).nullish(),
  overhead: resourceMap.nullish(),
  resources: z.object({ requests: resourceMap.nullish() }).nullish(),
  priority: z.int().nullish(),
  volumes: z.array(volume).nullish(),
  resourceClaims: z.array(z.object({ name: z.string() })).nullish(),
  schedulingGates: z.array(z.object({ name: z.string() })).nullish(),
});

export const pod = z.object({
  metadata,
  spec: podSpec,
  status: z
    .object({
      phase: z.string().nullish(),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string().nullish() }))
        .nullish(),
    })
    .nullish(),
});

export type RawPod = z.infer<typeof pod>;
export type RawPodSpec = z.infer<typeof podSpec>;
export type RawContainer = z.infer<typeof container>;
export type RawPodAffinityTerm = z.infer<typeof podAffinityTerm>;
