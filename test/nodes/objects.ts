import { imageReference } from '@restow/testkit';

/** A StatefulSet of one pod with one container that runs from the image of this name. */
export function statefulSet(name: string, container: object, spec: object = {}) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: 'default' },
    spec: {
      serviceName: name,
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 2,
          containers: [{ name: 'main', imagePullPolicy: 'Never', ...container }],
          ...spec,
        },
      },
    },
  };
}

const REDIS = ['/usr/bin/redis-server', '--protected-mode', 'no', '--save', '', '--enable-debug-command', 'yes'];

/** A StatefulSet of one redis. */
export function redisSet(name: string) {
  return statefulSet(name, { name: 'redis', image: imageReference('redis'), command: REDIS });
}

/** Without the kernel's rings, which CRIU cannot save. */
const MARIADB = [
  ...['/usr/sbin/mariadbd', '--no-defaults', '--user=root', '--skip-grant-tables', '--skip-name-resolve'],
  ...['--socket=/tmp/mariadb.sock', '--pid-file=/tmp/mariadb.pid', '--tmpdir=/tmp', '--bind-address=0.0.0.0'],
  ...['--innodb-use-native-aio=0', '--innodb-buffer-pool-size=64M', '--innodb-flush-log-at-trx-commit=1'],
];

/** A StatefulSet of one MariaDB, whose data folder is `/shared/NAME` and is there already. */
export function mariadbSet(name: string) {
  const command = [...MARIADB, `--datadir=/shared/${name}`];
  const volumeMounts = [{ name: 'shared', mountPath: '/shared' }];
  const volumes = [{ name: 'shared', persistentVolumeClaim: { claimName: 'shared' } }];
  const readinessProbe = { tcpSocket: { port: 3306 }, periodSeconds: 1 };
  const container = { name: 'mariadb', image: imageReference('mariadb'), command, volumeMounts, readinessProbe };
  return statefulSet(name, container, { volumes });
}

/** One that writes its start down on the volume that all nodes see, and answers on port 6379. */
export function witnessedRedis(name: string) {
  const command = [
    '/usr/bin/sh',
    '-c',
    `echo start >> /shared/${name}; exec ${REDIS.map((one) => `'${one}'`).join(' ')}`,
  ];
  const volumeMounts = [{ name: 'shared', mountPath: '/shared' }];
  const volumes = [{ name: 'shared', persistentVolumeClaim: { claimName: 'shared' } }];
  return statefulSet(name, { name: 'redis', image: imageReference('redis'), command, volumeMounts }, { volumes });
}

/** The folder that all nodes have at `/shared`, as a volume that many may write. */
export const SHARED_VOLUME = [
  {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'shared' },
    spec: {
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteMany'],
      storageClassName: 'shared',
      hostPath: { path: '/shared' },
      claimRef: { namespace: 'default', name: 'shared' },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'shared', namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteMany'],
      storageClassName: 'shared',
      volumeName: 'shared',
      resources: { requests: { storage: '1Gi' } },
    },
  },
];
