/** The rows of a CSV without quotes, each by the names in the first line. */
export function csvRows(csv: string): Record<string, string>[] {
  const [head, ...lines] = csv.trim().split('\n');
  const names = head!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((field, index) => [names[index]!, field])));
}

/** The head of restow's price file, as far as the dumps fill it. */
export const PRICE_FILE_HEAD =
  'instance_type,zone,capacity_type,arch,allocatable_cpu_milli,allocatable_memory_mib,allocatable_pods,gpu_count,usd_per_hour';

/** On demand in one zone, as a row of restow's price file, from a row of the data folder's table of EC2 types. */
export function priceFileRow(type: Readonly<Record<string, string>>, zone: string): string {
  return [
    ...[type.instance_type, zone, 'on-demand', 'amd64'],
    ...[type.allocatable_cpu_milli, type.allocatable_memory_mib, type.allocatable_pods, type.gpu_count],
    type.on_demand_usd_per_hour,
  ].join(',');
}
