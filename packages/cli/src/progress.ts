/** One line on a terminal that says what is being done; nothing elsewhere. */
export function showProgress(stream: NodeJS.WriteStream): { show: (phase: string) => void; end: () => void } {
  if (!stream.isTTY) return { show: () => {}, end: () => {} };
  return {
    show: (phase) => stream.write(`\r\u001b[K${phase} …`),
    end: () => stream.write('\r\u001b[K'),
  };
}
