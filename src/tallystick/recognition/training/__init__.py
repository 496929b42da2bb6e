"""Teaching a target model one product family; needs the extra ``train`` (torch), using a model does not."""
