#!/bin/sh
# Makes this process the first of a node: a root of its own over the Debian tree, with the machine's /dev and /sys, and
# folders of the node's own where containerd and kubelet keep things. Then starts both, and ends when either does.
set -eu
tree=$1 work=$2 name=$3 address=$4 repository=$5
hostname "$name"
mount --make-rprivate /
mkdir -p "$work/upper" "$work/scratch" "$work/root" "$work/containerd" "$work/kubelet" "$work/pods" "$work/shared"
root=$work/root
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$work/upper,workdir=$work/scratch" "$root"
mkdir -p "$root/var/lib/containerd" "$root/var/lib/kubelet" "$root/var/log/pods" "$root/node" "$root/shared" "$root/old" "$root/restow"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount --bind "$work/containerd" "$root/var/lib/containerd"
mount --bind "$work/kubelet" "$root/var/lib/kubelet"
mount --bind "$work/pods" "$root/var/log/pods"
mount --bind "$work/node" "$root/node"
mount --bind "$work/../shared" "$root/shared"
mount --bind -o ro "$repository" "$root/restow"
cd "$root"
pivot_root . old
exec /usr/sbin/chroot . /bin/sh -c '
  umount -l /old
  mount --make-rshared /
  mkdir -p /run/restow/fences /run/restow/tickets && chmod -R 0700 /run/restow
  cp -r /node/etc/. /etc/
  containerd --config /node/containerd.toml >>/node/containerd.log 2>&1 &
  until [ -S /run/containerd/containerd.sock ]; do sleep 0.05; done
  for image in /node/images/*.tar; do ctr -n k8s.io images import "$image" >>/node/images.log 2>&1; done
  /node/kubelet --config /node/kubelet.json --kubeconfig /node/kubeconfig --cert-dir /node/pki \
    --hostname-override "$(hostname)" --node-ip "$1" >>/node/kubelet.log 2>&1 &
  wait
' node "$address"
