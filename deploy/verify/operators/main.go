// Reads manifests (stdin) and decodes those of the Prometheus operator into the operator's own types: a field that it
// does not know is an error.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

type head struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

func main() {
	checked, failed := 0, false
	documents := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var of head
		if err == nil {
			err = strict.Unmarshal(document, &of)
		}
		var into any
		switch {
		case of.APIVersion != "monitoring.coreos.com/v1":
		case of.Kind == "PodMonitor":
			into = &monitoring.PodMonitor{}
		case of.Kind == "PrometheusRule":
			into = &monitoring.PrometheusRule{}
		default:
			err = fmt.Errorf("%s is not known to this check", of.Kind)
		}
		if err == nil && into != nil {
			checked++
			err = strict.UnmarshalStrict(document, into)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", of.Kind, err)
			failed = true
			if of.Kind == "" {
				break
			}
		}
	}
	if failed || checked == 0 {
		os.Exit(1)
	}
	fmt.Printf("%d resources\n", checked)
}
