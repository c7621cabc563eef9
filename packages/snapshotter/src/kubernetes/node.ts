import { z } from 'zod';
import { metadata, resourceMap, taint } from './common.ts';

export const node = z.object({
  metadata,
  spec: z
    .looseObject({
      providerID: z.string().nullish(),
      unschedulable: z.boolean().nullish(),
      taints: z.array(taint).nullish(),
    })
    .nullish(),
  status: z
    .looseObject({
      allocatable: resourceMap.nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
      nodeInfo: z.looseObject({ architecture: z.string().nullish(), operatingSystem: z.string().nullish() }).nullish(),
    })
    .nullish(),
});

export type RawNode = z.infer<typeof node>;
