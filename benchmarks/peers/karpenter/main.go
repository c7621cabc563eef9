// Runs Karpenter's own disruption controller offline on a comparison cluster until it finds nothing more, and prints one
// JSON line: what it reached, and the path that it took.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/controllers/disruption"
	"sigs.k8s.io/karpenter/pkg/operator/options"
)

// The queue's channel holds 10,000 commands that nobody reads here; it would block with one more.
const mostCommands = 9_900

// Nodes to which pods were just bound are no candidates for twenty seconds: so long after each command, Karpenter looks again.
const pause = 60 * time.Second

// When nothing has changed, Karpenter looks again after five minutes.
const unchangedPause = 6 * time.Minute

type result struct {
	Input        string         `json:"input"`
	Karpenter    string         `json:"karpenter"`
	Go           string         `json:"go"`
	CPUs         int            `json:"cpus"`
	Policy       string         `json:"policy"`
	SpotToSpot   bool           `json:"spotToSpot"`
	Fresh        bool           `json:"fresh"`
	Types        int            `json:"types"`
	Pods         int            `json:"pods"`
	NodesBefore  int            `json:"nodesBefore"`
	NodesAfter   int            `json:"nodesAfter"`
	CostBefore   float64        `json:"costBefore"`
	CostAfter    float64        `json:"costAfter"`
	Evictions    int            `json:"evictions"`
	PodsMoved    int            `json:"podsMoved"`
	MostOfOnePod int            `json:"maxEvictionsPerPod"`
	Commands     int            `json:"commands"`
	ByKind       map[string]int `json:"byKind"`
	Launched     int            `json:"nodesLaunched"`
	Deleted      int            `json:"nodesDeleted"`
	WallS        float64        `json:"wallS"`
	Curve        [][3]float64   `json:"curve"`
	Stopped      string         `json:"stopped"`
	Feasible     bool           `json:"feasible"`
	PeakRSSMiB   int64          `json:"peakRssMiB"`
}

func main() {
	balanced := flag.Bool("balanced", false, "consolidation policy Balanced instead of WhenEmptyOrUnderutilized")
	spotToSpot := flag.Bool("spot-to-spot", false, "with the feature gate SpotToSpotConsolidation")
	fresh := flag.Bool("fresh", false, "forget the nodes: all pods are pending, and Karpenter's provisioner launches for them")
	limit := flag.Duration("limit", 10*time.Minute, "stop after so long")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: karpenter [-balanced] [-spot-to-spot] [-fresh] [-limit 10m] CLUSTER.json[.gz]")
		os.Exit(2)
	}
	policy := v1.ConsolidationPolicyWhenEmptyOrUnderutilized
	if *balanced {
		policy = v1.ConsolidationPolicyBalanced
	}
	got, err := run(flag.Arg(0), policy, *spotToSpot, *fresh, *limit)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(got)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string, policy v1.ConsolidationPolicy, spotToSpot, fresh bool, limit time.Duration) (*result, error) {
	log.SetLogger(logr.Discard())
	file, err := readCluster(path)
	if err != nil {
		return nil, err
	}
	ctx := options.ToContext(log.IntoContext(context.Background(), logr.Discard()), &options.Options{
		CPURequests:       int64(runtime.NumCPU()) * 1000,
		PreferencePolicy:  options.PreferencePolicyRespect,
		MinValuesPolicy:   options.MinValuesPolicyStrict,
		IgnoreDRARequests: true,
		FeatureGates:      options.FeatureGates{ReservedCapacity: true, SpotToSpotConsolidation: spotToSpot},
	})
	clk := &jumpClock{}
	w, queue, controller, err := buildWorld(ctx, file, clk, policy, fresh)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	got := &result{
		Input: strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".gz"), ".json"), Karpenter: karpenterVersion(),
		Go: runtime.Version(), CPUs: runtime.NumCPU(), Policy: string(policy), SpotToSpot: spotToSpot, Fresh: fresh,
		Types: len(w.provider.types), Pods: len(file.Pods), NodesBefore: len(w.prices), CostBefore: w.dollarsHour(),
		ByKind: map[string]int{}, Curve: [][3]float64{{0, 0, w.dollarsHour()}},
	}
	if fresh {
		err, got.Stopped = w.placeAll(started.Add(limit)), "placed"
	} else {
		err = consolidate(w, queue, controller, clk, got, started.Add(limit))
	}
	if err != nil {
		return nil, err
	}
	got.WallS = time.Since(started).Seconds()
	got.NodesAfter, got.CostAfter, got.Evictions = len(w.prices), w.dollarsHour(), w.evicted
	got.Launched, got.Deleted, got.PodsMoved = w.launched, w.deleted, len(w.evictions)
	for _, count := range w.evictions {
		got.MostOfOnePod = max(got.MostOfOnePod, count)
	}
	got.Feasible = w.isFeasible()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return nil, err
	}
	got.PeakRSSMiB = usage.Maxrss / 1024
	return got, nil
}

// consolidate lets the disruption controller act until two looks in a row, the second after its own pause, find nothing.
func consolidate(w *world, queue *disruption.Queue, controller *disruption.Controller, clk *jumpClock, got *result, deadline time.Time) error {
	started := time.Now()
	// Nodes that were just read are nobody's target.
	clk.Sleep(unchangedPause)
	for idle := 0; idle < 2; {
		if time.Now().After(deadline) {
			got.Stopped = "limit"
			return nil
		}
		if got.Commands > mostCommands {
			got.Stopped = "commands"
			return nil
		}
		if _, err := controller.Reconcile(w.ctx); err != nil {
			return err
		}
		commands := commandsOf(queue)
		if len(commands) == 0 {
			idle++
			clk.Sleep(unchangedPause)
			continue
		}
		idle = 0
		if err := w.launchClaims(); err != nil {
			return err
		}
		for _, command := range commands {
			got.Commands++
			got.ByKind[kindOf(command)]++
			if _, err := queue.Reconcile(w.ctx, command.Candidates[0].NodeClaim); err != nil {
				return err
			}
		}
		if err := w.endDeleted(); err != nil {
			return err
		}
		got.Curve = append(got.Curve, [3]float64{time.Since(started).Seconds(), float64(w.evicted), w.dollarsHour()})
		clk.Sleep(pause)
	}
	got.Stopped = "fixed point"
	return nil
}

func commandsOf(queue *disruption.Queue) []*disruption.Command {
	var commands []*disruption.Command
	for _, command := range queue.ProviderIDToCommand {
		if !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	return commands
}

func kindOf(command *disruption.Command) string {
	name := command.ConsolidationType()
	if name == "" {
		name = strings.ToLower(string(command.Reason()))
	}
	return name + "-" + string(command.Decision())
}

func karpenterVersion() string {
	build, _ := debug.ReadBuildInfo()
	for _, module := range build.Deps {
		if module.Path == "sigs.k8s.io/karpenter" {
			return module.Version
		}
	}
	return ""
}
