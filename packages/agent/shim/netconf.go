package main

import (
	"encoding/json"
	"errors"
	"maps"
	"strconv"
)

// netConf is this plugin's configuration: everything that a plugin has, and the one of the plugin behind it.
type netConf struct {
	outer  map[string]any
	behind map[string]any
}

func parseConf(text []byte) (netConf, error) {
	var outer map[string]any
	if err := json.Unmarshal(text, &outer); err != nil {
		return netConf{}, err
	}
	behind, ok := outer["delegate"].(map[string]any)
	if !ok {
		return netConf{}, errors.New("the configuration has no delegate")
	}
	return netConf{outer: outer, behind: behind}, nil
}

// delegate is the configuration of the plugin behind, with another IPAM and a MAC where they are given.
func (c netConf) delegate(ipam map[string]any, mac string) map[string]any {
	result := maps.Clone(c.behind)
	for _, name := range []string{"cniVersion", "name", "runtimeConfig", "prevResult"} {
		if value, ok := c.outer[name]; ok {
			result[name] = value
		}
	}
	if ipam != nil {
		result["ipam"] = ipam
	}
	if mac != "" {
		result["args"] = map[string]any{"cni": map[string]any{"mac": mac}}
	}
	return result
}

// fixed is an IPAM that gives this address and no other, with the routes and the gateway of the node's own.
func (c netConf) fixed(address address) map[string]any {
	own, _ := c.behind["ipam"].(map[string]any)
	entry := map[string]any{"address": address.IP + "/" + strconv.Itoa(address.PrefixLength)}
	if gateway := gatewayOf(own); gateway != "" {
		entry["gateway"] = gateway
	}
	result := map[string]any{"type": "static", "addresses": []any{entry}}
	if routes, ok := own["routes"]; ok {
		result["routes"] = routes
	}
	return result
}

// gatewayOf reads it where host-local has it.
func gatewayOf(ipam map[string]any) string {
	ranges, _ := ipam["ranges"].([]any)
	for _, set := range ranges {
		for _, one := range set.([]any) {
			if gateway, ok := one.(map[string]any)["gateway"].(string); ok {
				return gateway
			}
		}
	}
	return ""
}
