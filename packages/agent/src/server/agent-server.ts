import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import {
  type Credentials,
  FRAME_BYTES,
  organisationOf,
  type Role,
  WINDOW_BYTES,
  WIRE_VERSION,
} from '@restow/migration';
import type { Logger } from 'pino';
import type { AgentServices } from '../services.ts';
import { answer, type Caller, Refused } from './routes.ts';

const JSON_BYTES = 2 ** 20;
const ROLES: readonly Role[] = ['controller', 'agent'];

export interface AgentServerOptions {
  readonly credentials: Credentials;
  readonly host: string;
  readonly port: number;
  readonly log: Logger;
}

/** HTTP/2 over TLS 1.3: nobody without a certificate of restow's own authority says a word. */
export async function serveAgent(services: AgentServices, options: AgentServerOptions): Promise<Http2SecureServer> {
  const { credentials, host, port, log } = options;
  const server = createSecureServer({
    ca: credentials.authority,
    cert: credentials.certificate,
    key: credentials.key,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    settings: { initialWindowSize: WINDOW_BYTES, maxFrameSize: FRAME_BYTES },
  });
  server.on('session', (session) => {
    session.setLocalWindowSize(WINDOW_BYTES);
    session.on('error', (error) => log.warn({ err: error }, 'a connection was broken off'));
  });
  server.on('sessionError', (error) => log.warn({ err: error }, 'a connection was broken off'));
  server.on('tlsClientError', (error) => log.warn({ err: error }, 'a stranger was turned away'));
  server.on('request', (request, response) => void respond(services, request, response, log));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

async function respond(
  services: AgentServices,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  log: Logger,
): Promise<void> {
  const { method } = request;
  const path = request.url;
  const fields = { method, path };
  const send = (status: number, body: object) => {
    if (response.stream.destroyed) return;
    response.stream.respond({ ':status': status, 'content-type': 'application/json' });
    response.stream.end(JSON.stringify({ version: WIRE_VERSION, ...body }));
  };
  try {
    const caller = callerOf(request.stream.session?.socket as TLSSocket);
    const json = () => readJson(request);
    const body = await answer(services, { method, path, caller, json, bytes: request.stream });
    log[method === 'GET' ? 'debug' : 'info'](
      { ...fields, ...caller, ...('ok' in body ? { ok: body.ok } : {}) },
      'answered',
    );
    send(200, body);
  } catch (error) {
    const status = error instanceof Refused ? error.status : 500;
    log[status === 500 ? 'error' : 'warn']({ ...fields, err: error }, 'not answered');
    send(status, { error: (error as Error).message });
  } finally {
    // What was sent with a refused request is not read.
    if (!request.stream.readableEnded) request.stream.resume();
  }
}

function callerOf(socket: TLSSocket): Caller {
  const { subject } = socket.getPeerCertificate();
  const organisation = subject?.O;
  const role = ROLES.find((one) => organisationOf(one) === organisation);
  const name = subject?.CN;
  if (role === undefined || typeof name !== 'string')
    throw new Refused(403, 'the certificate says nothing about whose it is');
  return { role, name };
}

async function readJson(request: Http2ServerRequest): Promise<unknown> {
  let text = '';
  for await (const chunk of request.stream.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > JSON_BYTES) throw new Refused(413, 'that is too long');
  }
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    throw new Refused(400, 'that is no JSON');
  }
}
