package rest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"webplug/domain"
)

// selfTestPath is where the API takes webhooks of its own, by which a deployment is tried out: whoever holds the admin key
// makes an endpoint of it. It is no part of the API that clients use.
const selfTestPath = "/selftest/"

// selfTestLongest bounds how long a self-test's path is good.
const selfTestLongest = time.Hour

// SelfTestPath is the path of a receiver that answers 204 until a time, which is at most an hour away. Only who has the admin
// key can make one; it gives no access to anything.
func SelfTestPath(adminKey string, until time.Time) string {
	at := strconv.FormatInt(until.Unix(), 10)
	return selfTestPath + at + "-" + selfTestSum(adminKey, at)
}

func selfTestSum(adminKey, until string) string {
	sum := hmac.New(sha256.New, []byte(adminKey))
	_, _ = sum.Write([]byte("webplug self-test until " + until)) // a hash takes all
	return hex.EncodeToString(sum.Sum(nil))
}

// selfTest takes a webhook and keeps nothing of it: that its delivery succeeds is the result. Without a good token the path is
// not there, so that nobody else can have WebPlug send to it.
func (a *API) selfTest(c echo.Context) error {
	at, sum, _ := strings.Cut(c.Param("token"), "-")
	if !hmac.Equal([]byte(sum), []byte(selfTestSum(a.AdminKey, at))) {
		return noSelfTest()
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return noSelfTest()
	}
	if left := time.Unix(seconds, 0).Sub(a.Clock()); left <= 0 || left > selfTestLongest {
		return noSelfTest()
	}
	return c.NoContent(http.StatusNoContent)
}

func noSelfTest() error { return domain.Refuse(domain.NotFound, "", "there is nothing here") }
