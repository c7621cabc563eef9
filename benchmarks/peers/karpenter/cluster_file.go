package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"strings"
)

// clusterFile is a comparison cluster, as the data folder and `benchmarks/solver` write it.
type clusterFile struct {
	Name  string `json:"name"`
	Nodes []struct {
		Name         string   `json:"name"`
		InstanceType string   `json:"instanceType"`
		Zone         string   `json:"zone"`
		CapacityType string   `json:"capacityType"`
		Pods         []string `json:"pods"`
	} `json:"nodes"`
	Pods []struct {
		Name         string            `json:"name"`
		CPUMilli     int64             `json:"cpu_milli"`
		MemoryMiB    int64             `json:"mem_mib"`
		GPU          int64             `json:"gpu"`
		Labels       map[string]string `json:"labels"`
		Owner        string            `json:"owner"`
		NodeSelector map[string]string `json:"nodeSelector"`
		DoNotDisrupt bool              `json:"doNotDisrupt"`
	} `json:"pods"`
	Catalogue []offer `json:"catalogue"`
}

// offer is one machine type in one zone at one price; its resources are what pods may use.
type offer struct {
	InstanceType string  `json:"instanceType"`
	Zone         string  `json:"zone"`
	CapacityType string  `json:"capacityType"`
	DollarsHour  float64 `json:"price"`
	CPUMilli     int64   `json:"cpu"`
	MemoryMiB    int64   `json:"mem"`
	GPU          int64   `json:"gpu"`
	Pods         int64   `json:"pods"`
}

func readCluster(path string) (*clusterFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var reader io.Reader = bufio.NewReader(file)
	if strings.HasSuffix(path, ".gz") {
		if reader, err = gzip.NewReader(reader); err != nil {
			return nil, err
		}
	}
	cluster := &clusterFile{}
	return cluster, json.NewDecoder(reader).Decode(cluster)
}
