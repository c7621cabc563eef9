import { InputError, type InputLocation, type Offering, parseRateNanos } from '@restow/model';

const COLUMNS = [
  'instance_type',
  'zone',
  'capacity_type',
  'arch',
  'allocatable_cpu_milli',
  'allocatable_memory_mib',
  'allocatable_pods',
  'gpu_count',
  'usd_per_hour',
] as const;
type Column = (typeof COLUMNS)[number];

const CAPACITY_TYPES: readonly string[] = ['on-demand', 'spot', 'reserved'];

/**
 * Reads a price file: CSV with a header naming all of COLUMNS, in any order. An empty zone means any. Throws InputError
 * with the line for a short row, a missing, negative or doubled price, or a field that is none.
 */
export function parsePriceFile(text: string, file: string, source: number): Offering[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const header = (lines[0] ?? '').split(',').map((name) => name.trim());
  if (header.length === 1 && header[0] === '') throw new InputError('is empty', { file });
  const missing = COLUMNS.filter((name) => !header.includes(name));
  const unknown = header.filter((name) => !(COLUMNS as readonly string[]).includes(name));
  if (missing.length > 0 || unknown.length > 0 || header.length !== COLUMNS.length) {
    throw new InputError(`the header must be ${COLUMNS.join(',')}`, { file, line: 1 });
  }
  const offerings: Offering[] = [];
  const seen = new Map<string, number>();
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index]!;
    if (line.trim() === '') continue;
    const fields = line.split(',').map((field) => field.trim());
    const at = (column?: Column): InputLocation => ({
      file,
      line: index + 1,
      ...(column === undefined ? {} : { path: column }),
    });
    if (fields.length !== COLUMNS.length) {
      throw new InputError(`has ${fields.length} fields, expected ${COLUMNS.length}`, at());
    }
    const field = (column: Column) => fields[header.indexOf(column)]!;
    const count = (column: Column): number => {
      const value = field(column);
      if (!/^\d{1,12}$/.test(value)) throw new InputError(`'${value}' is not a whole number`, at(column));
      return Number(value);
    };
    const required = (column: Column): string => {
      const value = field(column);
      if (value === '') throw new InputError('is missing', at(column));
      return value;
    };
    const capacityType = required('capacity_type');
    if (!CAPACITY_TYPES.includes(capacityType)) {
      throw new InputError(`'${capacityType}' is not one of ${CAPACITY_TYPES.join(', ')}`, at('capacity_type'));
    }
    const offering = {
      instanceType: required('instance_type'),
      zone: field('zone') === '' ? null : field('zone'),
      capacityType: capacityType as Offering['capacityType'],
      arch: required('arch'),
    };
    const key = Object.values(offering).join('|');
    const first = seen.get(key);
    if (first !== undefined) throw new InputError(`the price of ${key} is there twice (first on line ${first})`, at());
    seen.set(key, index + 1);
    const allocatable: Record<string, number> = {
      cpu: count('allocatable_cpu_milli'),
      memory: count('allocatable_memory_mib') * 2 ** 20,
      pods: count('allocatable_pods'),
    };
    const gpus = count('gpu_count');
    if (gpus > 0) allocatable['nvidia.com/gpu'] = gpus;
    offerings.push({
      ...offering,
      region: null,
      os: 'linux',
      allocatable,
      nanosPerHour: priceOf(required('usd_per_hour'), at('usd_per_hour')),
      basis: 'list',
      source,
      launchable: true,
      burstable: false,
      previousGeneration: false,
      bareMetal: false,
      accelerated: gpus > 0,
    });
  }
  if (offerings.length === 0) throw new InputError('holds no price', { file });
  return offerings;
}

function priceOf(text: string, at: InputLocation): number {
  try {
    return parseRateNanos(text);
  } catch (error) {
    if (error instanceof InputError) throw error.at(at);
    throw error;
  }
}
