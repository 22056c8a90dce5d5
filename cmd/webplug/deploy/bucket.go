package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"webplug/infra/stage"
)

// S3 is the part of its API that a stage's own bucket needs.
// https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
type S3 interface {
	HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error)
	CreateBucket(context.Context, *s3.CreateBucketInput, ...func(*s3.Options)) (*s3.CreateBucketOutput, error)
	PutPublicAccessBlock(context.Context, *s3.PutPublicAccessBlockInput, ...func(*s3.Options)) (*s3.PutPublicAccessBlockOutput, error)
	PutBucketEncryption(context.Context, *s3.PutBucketEncryptionInput, ...func(*s3.Options)) (*s3.PutBucketEncryptionOutput, error)
	PutBucketTagging(context.Context, *s3.PutBucketTaggingInput, ...func(*s3.Options)) (*s3.PutBucketTaggingOutput, error)
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	ListObjectVersions(context.Context, *s3.ListObjectVersionsInput, ...func(*s3.Options)) (*s3.ListObjectVersionsOutput, error)
	DeleteObjects(context.Context, *s3.DeleteObjectsInput, ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error)
	DeleteBucket(context.Context, *s3.DeleteBucketInput, ...func(*s3.Options)) (*s3.DeleteBucketOutput, error)
}

// hasBucket says whether the stage's bucket is there and ours.
func (c *Cloud) hasBucket(ctx context.Context) (bool, error) {
	_, err := c.S3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(c.Bucket()), ExpectedBucketOwner: &c.Account})
	var e smithy.APIError
	switch {
	case err == nil:
		return true, nil
	case !errors.As(err, &e):
		return false, c.explain(err)
	}
	switch e.ErrorCode() {
	case "NotFound", "NoSuchBucket", "404":
		return false, nil
	case "Forbidden", "AccessDenied", "403": // the answer has no body, so this is all that is known
		return false, &Error{Message: fmt.Sprintf("the bucket %s belongs to another account, or you may not use it (s3:ListBucket): "+
			"choose another stage's name, or ask for the permission", c.Bucket()), Cause: err}
	}
	return false, c.explain(err)
}

// ensureBucket makes the stage's bucket: private, encrypted, tagged. Where it is there, what is missing is made good.
func (c *Cloud) ensureBucket(ctx context.Context) error {
	there, err := c.hasBucket(ctx)
	if err != nil {
		return err
	}
	name := aws.String(c.Bucket())
	if !there {
		in := &s3.CreateBucketInput{Bucket: name}
		if c.Region != "us-east-1" { // which takes no constraint of this name
			in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(c.Region)}
		}
		_, err := c.S3.CreateBucket(ctx, in)
		var mine *types.BucketAlreadyOwnedByYou
		if err != nil && !errors.As(err, &mine) {
			return c.explain(err)
		}
	}
	_, err = c.S3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: name, ExpectedBucketOwner: &c.Account, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		},
	})
	if err != nil {
		return c.explain(err)
	}
	_, err = c.S3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: name, ExpectedBucketOwner: &c.Account, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
				SSEAlgorithm: types.ServerSideEncryptionAes256,
			}}},
		},
	})
	if err != nil {
		return c.explain(err)
	}
	_, err = c.S3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: name, ExpectedBucketOwner: &c.Account,
		Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String(stage.TagStage), Value: &c.Stage}}},
	})
	return c.explain(err)
}

// upload puts an object into the bucket, unless it is there: its key says what is in it.
func (c *Cloud) upload(ctx context.Context, key, contentType string, content []byte) error {
	_, err := c.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(c.Bucket()), Key: &key, ExpectedBucketOwner: &c.Account})
	if err == nil {
		return nil
	}
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != "NotFound" && e.ErrorCode() != "NoSuchKey" {
		return c.explain(err)
	}
	_, err = c.S3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(c.Bucket()), Key: &key, Body: bytes.NewReader(content), ContentType: &contentType, ExpectedBucketOwner: &c.Account,
	})
	return c.explain(err)
}

// removeBucket empties the stage's bucket and deletes it. Nothing but deployments puts anything into it.
func (c *Cloud) removeBucket(ctx context.Context) (removed bool, err error) {
	there, err := c.hasBucket(ctx)
	if err != nil || !there {
		return false, err
	}
	in := &s3.ListObjectVersionsInput{Bucket: aws.String(c.Bucket()), ExpectedBucketOwner: &c.Account}
	for {
		page, err := c.S3.ListObjectVersions(ctx, in)
		if err != nil {
			return false, c.explain(err)
		}
		if err := c.deleteObjects(ctx, objectsOf(page)); err != nil {
			return false, err
		}
		if !aws.ToBool(page.IsTruncated) {
			break
		}
		in.KeyMarker, in.VersionIdMarker = page.NextKeyMarker, page.NextVersionIdMarker
	}
	_, err = c.S3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String(c.Bucket()), ExpectedBucketOwner: &c.Account})
	return err == nil, c.explain(err)
}

func objectsOf(page *s3.ListObjectVersionsOutput) []types.ObjectIdentifier {
	var all []types.ObjectIdentifier
	for _, v := range page.Versions {
		all = append(all, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
	}
	for _, m := range page.DeleteMarkers {
		all = append(all, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
	}
	return all
}

// deleteObjects deletes a page of them: at most 1,000, as one call takes.
func (c *Cloud) deleteObjects(ctx context.Context, objects []types.ObjectIdentifier) error {
	if len(objects) == 0 {
		return nil
	}
	out, err := c.S3.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: aws.String(c.Bucket()), ExpectedBucketOwner: &c.Account, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
	})
	if err != nil {
		return c.explain(err)
	}
	if len(out.Errors) > 0 {
		e := out.Errors[0]
		return c.explain(&smithy.GenericAPIError{Code: aws.ToString(e.Code), Message: aws.ToString(e.Key) + ": " + aws.ToString(e.Message)})
	}
	return nil
}
