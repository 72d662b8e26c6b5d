"""Serve the chat model: one function for each kind of machine."""

from transformers import KernelConfig

from modeling_custom import AcmeForCausalLM

MODEL = "acme/chat-8b"


def load_on_any_gpu():
    """The right way: real layer names, one kernel per device, the own layer included."""
    model = AcmeForCausalLM.from_pretrained(MODEL, device_map="auto")
    config = KernelConfig(
        {
            "RMSNorm": {
                "cuda": "kernels-community/liger-kernels:LigerRMSNorm",
                "xpu": "kernels-community/rmsnorm:RMSNorm",
            },
            "AcmeGatedMLP": "acme/mlp-kernels:FusedGatedMLP",
        }
    )
    model.set_use_kernels(True, config)
    return model


def load_on_first_gpu():
    """A device key names a kind of device, not one of them."""
    model = AcmeForCausalLM.from_pretrained(MODEL, device_map="cuda:0")
    config = KernelConfig(
        {
            "RMSNorm": {
                "cuda:0": "kernels-community/liger-kernels:LigerRMSNorm",
            },
        }
    )
    model.set_use_kernels(True, config)
    return model


def load_in_one_call():
    """A repository without a layer, and a layer name that no model has."""
    return AcmeForCausalLM.from_pretrained(
        MODEL,
        device_map="auto",
        kernel_config=KernelConfig(
            {
                "SiLU": "kernels-community/activation",
                "RMSnorm": "kernels-community/liger-kernels:LigerRMSNorm",
            }
        ),
    )


def load_pinned():
    """A revision does not go into the string."""
    model = AcmeForCausalLM.from_pretrained(MODEL, device_map="auto")
    config = KernelConfig(
        {
            "RMSNorm": "kernels-community/liger-kernels@v1:LigerRMSNorm",
        }
    )
    model.set_use_kernels(True, config)
    return model
