package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/awslabs/operatorpkg/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/scheduling"
	"sigs.k8s.io/karpenter/pkg/test/v1alpha1"
	"sigs.k8s.io/karpenter/pkg/utils/resources"
)

const gpu = corev1.ResourceName("nvidia.com/gpu")

// provider sells what the catalogue of a comparison cluster lists, and launches the cheapest that a claim allows.
type provider struct {
	types []*cloudprovider.InstanceType
}

var errNotUsed = errors.New("not used here")

func (p *provider) GetInstanceTypes(context.Context, *v1.NodePool) ([]*cloudprovider.InstanceType, error) {
	return p.types, nil
}
func (p *provider) GetSupportedNodeClasses() []status.Object {
	return []status.Object{&v1alpha1.TestNodeClass{}}
}
func (p *provider) Name() string                                 { return "catalogue" }
func (p *provider) RepairPolicies() []cloudprovider.RepairPolicy { return nil }
func (p *provider) IsDrifted(context.Context, *v1.NodeClaim) (cloudprovider.DriftReason, error) {
	return "", nil
}
func (p *provider) Create(context.Context, *v1.NodeClaim) (*v1.NodeClaim, error) {
	return nil, errNotUsed
}
func (p *provider) Delete(context.Context, *v1.NodeClaim) error         { return errNotUsed }
func (p *provider) Get(context.Context, string) (*v1.NodeClaim, error)  { return nil, errNotUsed }
func (p *provider) List(context.Context) ([]*v1.NodeClaim, error)       { return nil, errNotUsed }
func (p *provider) Reboot(context.Context, *v1.NodeClaim, string) error { return errNotUsed }

func milli(amount int64) resource.Quantity {
	return *resource.NewMilliQuantity(amount, resource.DecimalSI)
}
func whole(amount int64) resource.Quantity { return *resource.NewQuantity(amount, resource.DecimalSI) }

func resourcesOf(cpuMilli, memoryMiB, gpus int64) corev1.ResourceList {
	list := corev1.ResourceList{
		corev1.ResourceCPU:    milli(cpuMilli),
		corev1.ResourceMemory: *resource.NewQuantity(memoryMiB<<20, resource.BinarySI),
	}
	if gpus > 0 {
		list[gpu] = whole(gpus)
	}
	return list
}

func in(key string, values ...string) *scheduling.Requirement {
	return scheduling.NewRequirement(key, corev1.NodeSelectorOpIn, values...)
}

// newProvider groups the catalogue by machine type; what it lists as usable is given as capacity without overhead.
func newProvider(catalogue []offer) *provider {
	byName := map[string]*cloudprovider.InstanceType{}
	p := &provider{}
	for _, o := range catalogue {
		machine := byName[o.InstanceType]
		if machine == nil {
			capacity := resourcesOf(o.CPUMilli, o.MemoryMiB, o.GPU)
			capacity[corev1.ResourcePods] = whole(o.Pods)
			machine = &cloudprovider.InstanceType{
				Name: o.InstanceType,
				Requirements: scheduling.NewRequirements(
					in(corev1.LabelInstanceTypeStable, o.InstanceType),
					in(corev1.LabelArchStable, "amd64"),
					in(corev1.LabelOSStable, "linux"),
					in(corev1.LabelTopologyZone),
					in(v1.CapacityTypeLabelKey),
				),
				Capacity: capacity,
				Overhead: &cloudprovider.InstanceTypeOverhead{},
			}
			byName[o.InstanceType] = machine
			p.types = append(p.types, machine)
		}
		machine.Requirements.Get(corev1.LabelTopologyZone).Insert(o.Zone)
		machine.Requirements.Get(v1.CapacityTypeLabelKey).Insert(o.CapacityType)
		machine.Offerings = append(machine.Offerings, &cloudprovider.Offering{
			Requirements: scheduling.NewRequirements(
				in(corev1.LabelTopologyZone, o.Zone), in(v1.CapacityTypeLabelKey, o.CapacityType),
			),
			Price:     o.DollarsHour,
			Available: true,
		})
	}
	return p
}

// cheapest is what a claim becomes: of the types and offerings that its requirements and requests allow, the cheapest.
func (p *provider) cheapest(claim *v1.NodeClaim) (*cloudprovider.InstanceType, *cloudprovider.Offering, error) {
	requirements := scheduling.NewNodeSelectorRequirementsWithMinValues(claim.Spec.Requirements...)
	var machine *cloudprovider.InstanceType
	var chosen *cloudprovider.Offering
	least := math.Inf(1)
	for _, candidate := range p.types {
		if !requirements.Get(corev1.LabelInstanceTypeStable).Has(candidate.Name) ||
			!resources.Fits(claim.Spec.Resources.Requests, candidate.Allocatable()) {
			continue
		}
		for _, offering := range candidate.Offerings.Compatible(requirements) {
			if offering.Price < least {
				machine, chosen, least = candidate, offering, offering.Price
			}
		}
	}
	if machine == nil {
		return nil, nil, fmt.Errorf("no offering for claim %s: %v, requests %v", claim.Name, claim.Spec.Requirements, claim.Spec.Resources.Requests)
	}
	return machine, chosen, nil
}
