import { imageReference } from '@restow/testkit';

/** A StatefulSet of one redis. */
export function redisSet(name: string) {
  const labels = { app: name };
  const command = ['/usr/bin/redis-server', '--protected-mode', 'no', '--save', '', '--enable-debug-command', 'yes'];
  const container = { name: 'redis', image: imageReference('redis'), imagePullPolicy: 'Never', command };
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
          containers: [container],
        },
      },
    },
  };
}
