import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What an API server and its clients need, as files in a folder. */
export interface Certificates {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly adminCert: string;
  readonly adminKey: string;
  readonly serviceAccountKey: string;
  /** One more client, by its subject, such as `/O=system:nodes/CN=system:node:n1`. */
  sign(name: string, subject: string): Promise<{ readonly cert: string; readonly key: string }>;
}

/** A certificate authority of the test's own, a server certificate for loopback and `addresses`, and an administrator's. */
export async function makeCertificates(folder: string, addresses: readonly string[] = []): Promise<Certificates> {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...ecKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=restow-test',
  );
  await writeFile(
    file('server.ext'),
    `subjectAltName=${['127.0.0.1', '10.0.0.1', ...addresses].map((one) => `IP:${one},`).join('')}DNS:localhost,DNS:kubernetes.default.svc\n`,
  );
  const sign = async (name: string, subject: string, extensions: readonly string[]) => {
    await openssl('req', ...ecKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAserial', `${name}.srl`, '-CAcreateserial'];
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...authority,
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      ...extensions,
    );
  };
  await Promise.all([
    sign('server', '/CN=kube-apiserver', ['-extfile', 'server.ext']),
    sign('admin', '/O=system:masters/CN=admin', []),
    openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'service-account.key'),
  ]);
  return {
    ca: file('ca.crt'),
    serverCert: file('server.crt'),
    serverKey: file('server.key'),
    adminCert: file('admin.crt'),
    adminKey: file('admin.key'),
    serviceAccountKey: file('service-account.key'),
    sign: async (name, subject) => {
      await sign(name, subject, []);
      return { cert: file(`${name}.crt`), key: file(`${name}.key`) };
    },
  };
}
