/**
 * An answer of a query protocol: what is not there is left out. `item`: what a list's items are called, which is the
 * default in EC2's protocol and `member` in the others'. Source: Smithy, ec2Query and awsQuery.
 */
export function toXml(name: string, value: unknown, item = 'item'): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return `<${name}>${value.map((one) => toXml(item, one, item)).join('')}</${name}>`;
  if (typeof value !== 'object') return `<${name}>${escaped(String(value))}</${name}>`;
  const inside = Object.entries(value).map(([key, one]) => toXml(key, one, item));
  return `<${name}>${inside.join('')}</${name}>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
