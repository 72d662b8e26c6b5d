"""A Llama with a feed-forward layer of our own, which a kernel from the Hub can replace."""

from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.activations import ACT2FN
from transformers.integrations import use_kernel_forward_from_hub


@use_kernel_forward_from_hub("AcmeGatedMLP")
class GatedMLP(nn.Module):
    """The slow original: two projections, a gate, and the way back."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)
        self.activation = ACT2FN[config.hidden_act]

    def forward(self, hidden_states: Tensor) -> Tensor:
        gate = self.activation(self.gate(hidden_states))
        return self.down(gate * self.up(hidden_states))


class AcmeForCausalLM(LlamaForCausalLM):
    """A Llama whose decoder layers use ``GatedMLP``."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__(config)
        for layer in self.model.layers:
            layer.mlp = GatedMLP(config)
