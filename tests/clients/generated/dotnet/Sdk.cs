// SPDX-License-Identifier: Apache-2.0
// The names and types of the .NET SDK, for a compiler to check programs against. The SDK itself is not in
// any registry that the tests reach. Written from clients.md section 8.
using System;

namespace TencentCloud.Common
{
    public class Credential { public string SecretId { get; set; } public string SecretKey { get; set; } public string Token { get; set; } }
    public class AbstractModel { public static string ToJsonString<V>(V model) { return null; } }
    public class TencentCloudSDKException : Exception { public string ErrorCode { get; set; } public string RequestId { get; set; } }
}

namespace TencentCloud.Common.Profile
{
    public enum Language { ZH_CN, EN_US, DEFAULT }
    public class HttpProfile
    {
        public static readonly string REQ_HTTP = "http://";
        public string Endpoint { get; set; }
        public string Protocol { get; set; }
        public string ReqMethod { get; set; }
    }
    public class ClientProfile
    {
        public HttpProfile HttpProfile { get; set; }
        public string SignMethod { get; set; }
        public Language Language { get; set; }
    }
}

namespace TencentCloud.Cam.V20190116.Models
{
    using TencentCloud.Common;
    public class CreateMessageReceiverRequest : AbstractModel
    {
        public string Name { get; set; }
        public string CountryCode { get; set; }
        public string PhoneNumber { get; set; }
        public string Email { get; set; }
        public string Remark { get; set; }
    }
    public class CreateMessageReceiverResponse : AbstractModel { }
    public class ListReceiverRequest : AbstractModel { public ulong? Offset { get; set; } public ulong? Limit { get; set; } }
    public class ListReceiverResponse : AbstractModel { }
    public class DeleteMessageReceiverRequest : AbstractModel { public string Name { get; set; } }
    public class DeleteMessageReceiverResponse : AbstractModel { }
}

namespace TencentCloud.Cam.V20190116
{
    using TencentCloud.Common;
    using TencentCloud.Common.Profile;
    using TencentCloud.Cam.V20190116.Models;
    public class CamClient
    {
        public CamClient(Credential credential, string region, ClientProfile profile) { }
        public CreateMessageReceiverResponse CreateMessageReceiverSync(CreateMessageReceiverRequest req) { return null; }
        public ListReceiverResponse ListReceiverSync(ListReceiverRequest req) { return null; }
        public DeleteMessageReceiverResponse DeleteMessageReceiverSync(DeleteMessageReceiverRequest req) { return null; }
    }
}
