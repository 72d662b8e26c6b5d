"""Fine-tune the chat model with kernels from the Hub and from this machine."""

from transformers import KernelConfig, Trainer

from modeling_custom import AcmeForCausalLM

MODEL = "acme/chat-8b"


def prepare():
    """Load the model in training mode: kernels are picked for the mode they find."""
    model = AcmeForCausalLM.from_pretrained(MODEL, device_map="auto")
    model.train()
    return model


def train_with_hub_kernels(dataset):
    """Version and revision exclude each other; a layer has one entry, and it is not a list."""
    model = prepare()
    config = KernelConfig(
        {
            "RMSNorm": (
                "kernels-community/liger-kernels:LigerRMSNorm",
                {"version": 1, "revision": "v1"},
            ),
            "SiLU": "kernels-community/activation:Silu",
            "AcmeGatedMLP": ["acme/mlp-kernels:FusedGatedMLP"],
            "SiLU": {"cuda": "kernels-community/activation:Silu"},
        }
    )
    model.set_use_kernels(True, config)
    Trainer(model, train_dataset=dataset).train()


def train_with_local_kernels(dataset):
    """A path needs ``use_local_kernel=True``."""
    model = prepare()
    config = KernelConfig(
        {
            "RMSNorm": "/opt/acme/kernels/rmsnorm:FusedRMSNorm",
        }
    )
    model.set_use_kernels(True, config)
    Trainer(model, train_dataset=dataset).train()
