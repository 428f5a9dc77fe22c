# SPDX-License-Identifier: Apache-2.0
"""Headers with the names and types of the C++ SDK, for a compiler to check programs against.

The SDK itself is not in any registry that the tests reach. Written from clients.md section 8; only
declarations, so programs are compiled and not linked.
"""

from pathlib import Path
from typing import Final

CORE: Final = {
    "TencentCloud.h": "namespace TencentCloud { void InitAPI(); void ShutdownAPI(); }",
    "Credential.h": """\
#include <string>
namespace TencentCloud {
class Credential {
public:
    Credential(const std::string &id, const std::string &key);
    Credential(const std::string &id, const std::string &key, const std::string &token);
};
}""",
    "profile/HttpProfile.h": """\
#include <string>
namespace TencentCloud {
class HttpProfile {
public:
    enum class Scheme { HTTP, HTTPS };
    void SetEndpoint(const std::string &endpoint);
    void SetProtocol(Scheme scheme);
};
}""",
    "profile/ClientProfile.h": """\
#include <tencentcloud/core/profile/HttpProfile.h>
namespace TencentCloud {
class ClientProfile {
public:
    explicit ClientProfile(const HttpProfile &profile);
};
}""",
    "Outcome.h": """\
#include <string>
namespace TencentCloud {
class Error {
public:
    std::string GetErrorCode() const;
    std::string GetErrorMessage() const;
    std::string GetRequestId() const;
};
template <class R> class Outcome {
public:
    bool IsSuccess() const;
    Error GetError() const;
    R GetResult() const;
};
}""",
}
MEMBERS: Final = {
    "CreateMessageReceiver": ["Name", "CountryCode", "PhoneNumber", "Email", "Remark"],
    "DeleteMessageReceiver": ["Name"],
}


def write(folder: Path) -> None:
    core = folder / "tencentcloud" / "core"
    cam = folder / "tencentcloud" / "cam" / "v20190116"
    for name, text in CORE.items():
        _write(core / name, text)
    actions = [*MEMBERS, "ListReceiver"]
    for action in actions:
        setters = [f"void Set{name}(const std::string &value);" for name in MEMBERS.get(action, [])]
        if action == "ListReceiver":
            setters = [f"void Set{name}(const uint64_t &value);" for name in ("Offset", "Limit")]
        for kind, members in (
            ("Request", setters),
            ("Response", ["std::string ToJsonString() const;"]),
        ):
            body = " ".join(members)
            _write(
                cam / "model" / f"{action}{kind}.h",
                "#include <cstdint>\n#include <string>\n"
                "namespace TencentCloud { namespace Cam { namespace V20190116 { namespace Model {\n"
                f"class {action}{kind} {{ public: {body} }};\n}}}}}}}}",
            )
    includes = "".join(
        f"#include <tencentcloud/cam/v20190116/model/{action}{kind}.h>\n"
        for action in actions
        for kind in ("Request", "Response")
    )
    methods = "\n".join(
        f"Outcome<Model::{action}Response> {action}(const Model::{action}Request &request);"
        for action in actions
    )
    _write(
        cam / "CamClient.h",
        "#include <tencentcloud/core/Credential.h>\n#include <tencentcloud/core/Outcome.h>\n"
        f"#include <tencentcloud/core/profile/ClientProfile.h>\n{includes}"
        "namespace TencentCloud { namespace Cam { namespace V20190116 {\n"
        "class CamClient { public:\n"
        "CamClient(const Credential &, const std::string &region, const ClientProfile &);\n"
        f"{methods}\n}};\n}}}}}}",
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#pragma once\n{text}\n", "utf-8")
