/** Of two versions, by their first two numbers. */
export function isOlder(one: string, other: string): boolean {
  const numbers = (text: string) => text.split(/[.-]/).map(Number);
  const [major = 0, minor = 0] = numbers(one);
  const [otherMajor = 0, otherMinor = 0] = numbers(other);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}
