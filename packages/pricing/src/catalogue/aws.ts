import { parseRateNanos } from '@restow/model';
import type { Catalogue, CatalogueOffering } from './types.ts';

const REGION = 'us-east-1';
const MIB = 2 ** 20;

/** Families that AWS's page "Previous generation instances" lists. */
const PREVIOUS = new Set('a1 c1 c3 c4 d2 g2 g3 g3s h1 i2 m1 m2 m3 m4 p2 r3 r4 t1'.split(' '));
/** Families with accelerators that are not counted as GPUs. */
const ACCELERATED = /^(dl|f|inf|trn|vt)\d/;

/** EC2 in us-east-1: types with what Amazon Linux 2023 leaves to pods, Linux on-demand list prices. */
export async function awsCatalogue(): Promise<Catalogue> {
  const { default: data } = await import('./aws-us-east-1.json', { with: { type: 'json' } });
  const offerings = data.rows.map((row): CatalogueOffering => {
    const [instanceType, arch, gpuCount, gpuName, cpu, memory, pods, price] = row as [
      string,
      string,
      number,
      string,
      number,
      number,
      number,
      string,
    ];
    const family = instanceType.slice(0, instanceType.indexOf('.'));
    const allocatable: Record<string, number> = { cpu, memory: memory * MIB, pods };
    if (gpuCount > 0) allocatable[gpuName.startsWith('radeon') ? 'amd.com/gpu' : 'nvidia.com/gpu'] = gpuCount;
    return {
      instanceType,
      region: REGION,
      zone: null,
      capacityType: 'on-demand',
      arch,
      os: 'linux',
      allocatable,
      nanosPerHour: parseRateNanos(price),
      basis: 'list',
      burstable: /^t\d/.test(family),
      previousGeneration: PREVIOUS.has(family),
      bareMetal: instanceType.includes('metal'),
      accelerated: gpuName !== '' || ACCELERATED.test(family),
    };
  });
  return { name: `builtin:aws:${REGION}`, region: REGION, asOf: data.asOf, offerings };
}
