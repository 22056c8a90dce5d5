package pebble

import (
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/infra/contract"
	"webplug/projections"
)

func TestViewsContract(t *testing.T) {
	contract.Views(t, func(t testing.TB) projections.Views {
		return open(t, Options{Dir: "data", FS: vfs.NewCrashableMem()}).Views()
	})
}

// TestViewsCrash shows that rows and checkpoint are lost together, or not at all.
func TestViewsCrash(t *testing.T) {
	fs := vfs.NewCrashableMem()
	v := open(t, Options{Dir: "data", FS: fs}).Views()
	row := projections.Row{View: projections.ViewUsers, ID: "a", Version: 1, Body: []byte("x")}
	if err := v.Apply(t.Context(), 1, []projections.Row{row}, 9); err != nil {
		t.Fatal(err)
	}
	for percent := range 11 {
		after := open(t, Options{Dir: "data", FS: fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent * 10, RNG: rand.New(rand.NewPCG(1, uint64(percent)))})}).Views()
		at, err := after.Checkpoint(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = after.Get(t.Context(), 1, projections.ViewUsers, "a")
		if (at == 9) != (err == nil) {
			t.Fatalf("with %d %% of unsynced data the checkpoint is %d and the row gives %v", percent*10, at, err)
		}
	}
}

// What the log cannot make again (mappings of SNS's reports, reports that wait) is not lost in a crash.
func TestWhatIsBesideTheLogSurvivesACrash(t *testing.T) {
	fs := vfs.NewCrashableMem()
	v := open(t, Options{Dir: "data", FS: fs}).Views()
	row := projections.Row{View: projections.ViewMappings, ID: "a", Version: 1, Body: []byte("x")}
	if err := v.Apply(t.Context(), projections.Beside, []projections.Row{row}, 0); err != nil {
		t.Fatal(err)
	}
	after := open(t, Options{Dir: "data", FS: fs.CrashClone(vfs.CrashCloneCfg{})}).Views()
	if got, err := after.Get(t.Context(), projections.Beside, projections.ViewMappings, "a"); err != nil || string(got.Body) != "x" {
		t.Fatalf("%+v, %v", got, err)
	}
}
