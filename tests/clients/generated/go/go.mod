module generated

go 1.19

require (
	github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cam v1.0.1200
	github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common v1.0.1200
)
