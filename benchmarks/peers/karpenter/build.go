package main

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/controllers/disruption"
	"sigs.k8s.io/karpenter/pkg/controllers/dynamicresources/deviceallocation"
	"sigs.k8s.io/karpenter/pkg/controllers/provisioning"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/events"
	"sigs.k8s.io/karpenter/pkg/state/cost"
	"sigs.k8s.io/karpenter/pkg/state/virtualpods"
)

type silentRecorder struct{}

func (silentRecorder) Publish(...events.Event) {}

func indexers() cache.Indexers {
	by := func(pick func(any) (string, bool)) cache.IndexFunc {
		return func(object any) ([]string, error) {
			if value, ok := pick(object); ok {
				return []string{value}, nil
			}
			return nil, nil
		}
	}
	return cache.Indexers{
		"spec.nodeName": by(func(object any) (string, bool) {
			pod, ok := object.(*corev1.Pod)
			if !ok {
				return "", false
			}
			return pod.Spec.NodeName, true
		}),
		"spec.providerID": by(func(object any) (string, bool) {
			node, ok := object.(*corev1.Node)
			if !ok {
				return "", false
			}
			return node.Spec.ProviderID, true
		}),
		"status.providerID": by(func(object any) (string, bool) {
			claim, ok := object.(*v1.NodeClaim)
			if !ok {
				return "", false
			}
			return claim.Status.ProviderID, true
		}),
	}
}

// buildWorld puts the cluster in front of Karpenter. With fresh, all its pods are pending and there is no node.
func buildWorld(ctx context.Context, file *clusterFile, clk *jumpClock, policy v1.ConsolidationPolicy, fresh bool) (*world, *disruption.Queue, *disruption.Controller, error) {
	memory := newMemoryClient(scheme.Scheme, indexers())
	prov := newProvider(file.Catalogue)
	cluster := state.NewCluster(clk, memory, prov)
	memory.onChange = func(object client.Object) {
		switch changed := object.(type) {
		case *corev1.Node:
			_ = cluster.UpdateNode(ctx, changed.DeepCopy())
		case *v1.NodeClaim:
			cluster.UpdateNodeClaim(changed.DeepCopy())
		case *corev1.Pod:
			_ = cluster.UpdatePod(ctx, changed.DeepCopy())
		}
	}
	provisioner := provisioning.NewProvisioner(memory, silentRecorder{}, prov, cluster, clk,
		deviceallocation.NewController(memory), virtualpods.NewVirtualPodCache(memory))
	clusterCost := cost.NewClusterCost(ctx, prov, memory)
	w := &world{
		ctx: ctx, client: memory, cluster: cluster, cost: clusterCost, provider: prov, provisioner: provisioner,
		prices: map[string]float64{}, evictions: map[string]int{},
	}
	pool := nodePool(policy, file.Catalogue)
	if err := memory.Create(ctx, pool); err != nil {
		return nil, nil, nil, err
	}
	clusterCost.UpdateOfferings(ctx, pool, prov.types)
	where := map[string]string{}
	prices := map[string]float64{}
	for _, o := range file.Catalogue {
		prices[o.InstanceType+"/"+o.Zone+"/"+o.CapacityType] = o.DollarsHour
	}
	for _, node := range file.Nodes {
		if fresh {
			break
		}
		price, known := prices[node.InstanceType+"/"+node.Zone+"/"+node.CapacityType]
		if !known {
			return nil, nil, nil, fmt.Errorf("node %s has no price in the catalogue", node.Name)
		}
		claim := &v1.NodeClaim{ObjectMeta: metav1.ObjectMeta{Name: node.Name, UID: types.UID("claim-" + node.Name), CreationTimestamp: metav1.Now()}}
		claim.Spec.NodeClassRef = pool.Spec.Template.Spec.NodeClassRef
		if err := w.addNode(claim, node.Name, node.InstanceType, node.Zone, node.CapacityType, price); err != nil {
			return nil, nil, nil, err
		}
		for _, pod := range node.Pods {
			where[pod] = node.Name
		}
	}
	for _, pod := range podsOf(file, where) {
		if err := memory.put(pod); err != nil {
			return nil, nil, nil, err
		}
	}
	queue := disruption.NewQueue(memory, silentRecorder{}, cluster, clk, provisioner)
	controller := disruption.NewController(ctx, clk, memory, provisioner, prov, silentRecorder{}, cluster, queue, clusterCost)
	return w, queue, controller, nil
}

// nodePool sells the capacity types that the catalogue has, and lets every node be disrupted at once.
func nodePool(policy v1.ConsolidationPolicy, catalogue []offer) *v1.NodePool {
	var capacityTypes []string
	for _, o := range catalogue {
		if !slices.Contains(capacityTypes, o.CapacityType) {
			capacityTypes = append(capacityTypes, o.CapacityType)
		}
	}
	pool := &v1.NodePool{ObjectMeta: metav1.ObjectMeta{Name: poolName, UID: types.UID(poolName)}}
	pool.Spec.Template.Spec.NodeClassRef = &v1.NodeClassReference{Group: "karpenter.test.sh", Kind: "TestNodeClass", Name: poolName}
	pool.Spec.Template.Spec.Requirements = []v1.NodeSelectorRequirementWithMinValues{
		{Key: v1.CapacityTypeLabelKey, Operator: corev1.NodeSelectorOpIn, Values: capacityTypes},
	}
	pool.Spec.Disruption.ConsolidationPolicy = policy
	pool.Spec.Disruption.ConsolidateAfter = v1.MustParseNillableDuration("0s")
	pool.Spec.Disruption.Budgets = []v1.Budget{{Nodes: "100%"}}
	conditions := pool.StatusConditions()
	for _, condition := range conditions.List() {
		conditions.SetTrue(condition.Type)
	}
	return pool
}

func podsOf(file *clusterFile, where map[string]string) []*corev1.Pod {
	pods := make([]*corev1.Pod, 0, len(file.Pods))
	yes := true
	for _, given := range file.Pods {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Name: given.Name, Namespace: "default", UID: types.UID(given.Name), Labels: given.Labels,
				CreationTimestamp: metav1.Now(),
				OwnerReferences: []metav1.OwnerReference{{
					APIVersion: "apps/v1", Kind: "ReplicaSet", Name: given.Owner, UID: types.UID(given.Owner), Controller: &yes,
				}},
			},
			Spec: corev1.PodSpec{
				NodeName: where[given.Name], NodeSelector: given.NodeSelector,
				Containers: []corev1.Container{{
					Name:      "c",
					Resources: corev1.ResourceRequirements{Requests: resourcesOf(given.CPUMilli, given.MemoryMiB, given.GPU)},
				}},
			},
			Status: corev1.PodStatus{Phase: corev1.PodRunning},
		}
		if given.DoNotDisrupt {
			pod.Annotations = map[string]string{v1.DoNotDisruptAnnotationKey: "true"}
		}
		if pod.Spec.NodeName == "" {
			pod.Status = corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
				{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable},
			}}
		}
		pods = append(pods, pod)
	}
	return pods
}
