import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { type Credentials, organisationOf, type Role, serverNameOf } from '../wire/credentials.ts';

const HOUR_MS = 3_600_000;
const AUTHORITY_HOURS = 10 * 365 * 24;
/** Clocks of nodes differ. */
const SKEW_MS = 5 * 60_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** restow's own certificate authority, as PEM: whoever has its key may order any pod of the cluster moved. */
export interface Authority {
  readonly certificate: string;
  readonly key: string;
}

export interface Subject {
  readonly role: Role;
  /** Of an agent: its node. */
  readonly name: string;
  readonly hours: number;
  /** Of a webhook: by what the API server reaches it. */
  readonly addresses?: readonly string[];
}

export async function createAuthority(now: Date): Promise<Authority> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'O=restow, CN=restow authority',
    notBefore: new Date(now.getTime() - SKEW_MS),
    notAfter: new Date(now.getTime() + AUTHORITY_HOURS * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    keys: keys as webcrypto.CryptoKeyPair,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await pemOf((keys as webcrypto.CryptoKeyPair).privateKey) };
}

/** A key and certificate for one controller or agent. */
export async function issue(
  authority: Authority,
  { role, name, hours, addresses = [] }: Subject,
  now: Date,
): Promise<Credentials> {
  const x509 = await loadX509();
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decode(authority.key)[0]!,
    ALGORITHM,
    false,
    ['sign'],
  );
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const names = [...(role === 'agent' ? [serverNameOf(name)] : []), ...addresses];
  const usages = [x509.ExtendedKeyUsage.clientAuth, ...(names.length > 0 ? [x509.ExtendedKeyUsage.serverAuth] : [])];
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ O: [organisationOf(role)] }, { CN: [name] }],
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - SKEW_MS),
    notAfter: new Date(now.getTime() + hours * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension(usages),
      ...(names.length === 0
        ? []
        : [
            new x509.SubjectAlternativeNameExtension(
              names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
            ),
          ]),
    ],
  });
  return {
    authority: authority.certificate,
    certificate: certificate.toString('pem'),
    key: await pemOf(keys.privateKey),
  };
}

/** Only who issues certificates needs it. */
async function loadX509() {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const { PemConverter } = await loadX509();
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
